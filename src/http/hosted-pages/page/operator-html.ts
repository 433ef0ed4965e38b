import {
  renderFragmentBounded,
  renderPageBounded,
} from '../../../platform/bounded-rendering/bounded-rendering.ts';
import { sha256 } from '../../../platform/crypto/crypto.ts';
import type { Log } from '../../../platform/log/log.ts';
import type { PageParts } from '../../../platform/page-template/page-template.ts';
import { type BrandSource, type OrganizationLook, templateVariables } from '../brand/brand.ts';

const TOLD_AGAIN_MS = 60_000;

export type OperatorHtml = {
  /** Returns the operator's HTML for the places of a page, by the place's name with underscores. Omits HTML that cannot be rendered. */
  partials(
    screen: { prompt: string; screen: string },
    values: { appName?: string | null; organization?: OrganizationLook | null },
  ): Promise<Record<string, string>>;
  /**
   * Renders a page in the operator's template.
   * @returns null if there is none or it cannot be rendered: ours is used. `styles`: hashes of its style elements (Content Security Policy 3)
   */
  within(
    parts: PageParts,
    variables: Record<string, unknown>,
  ): Promise<{ html: string; styles: string[] } | null>;
};

/** Renders operators' HTML within limits on another thread. The server logs a failure at most once per minute. */
export function createOperatorHtml(brand: BrandSource, log: Log): OperatorHtml {
  const told = new Map<string, { source: string; at: number }>();
  const tell = (what: string, source: string, problem: string) => {
    const last = told.get(what);
    const at = performance.now();
    if (last?.source === source && last.at + TOLD_AGAIN_MS > at) return;
    told.set(what, { source, at });
    log.warn(
      { what, problem: problem.split('\n')[0] },
      'omitted from pages because it cannot be rendered',
    );
  };
  return {
    async partials(screen, values) {
      const now = brand.now();
      const ofPrompt = now.partials.find((partial) => partial.prompt === screen.prompt)?.partials;
      const places = ofPrompt?.[screen.screen];
      if (typeof places !== 'object' || places === null) return {};
      const variables = templateVariables(now, screen, {
        appName: values.appName ?? null,
        organization: values.organization ?? null,
        logoUrl: null,
        lang: '',
        dir: '',
        t: {},
      });
      const partials: Record<string, string> = {};
      for (const [place, source] of Object.entries(places)) {
        const html = await renderFragmentBounded(String(source), variables);
        if (html.kind === 'ok') partials[place.replaceAll('-', '_')] = html.html;
        else tell(`${screen.prompt}/${screen.screen} ${place}`, String(source), html.problem);
      }
      return partials;
    },
    async within(parts, variables) {
      const source = brand.now().template;
      if (source === null) return null;
      const rendered = await renderPageBounded(source, variables, parts);
      if (rendered.kind === 'faulty') {
        tell('the page template', source, rendered.problem);
        return null;
      }
      // Browsers normalize line ends before they hash.
      const html = rendered.html.replace(/\r\n?/g, '\n');
      const styles = [...html.matchAll(/<style\b[^>]*>([\s\S]*?)<\/style\s*>/gi)].slice(0, 20);
      return { html, styles: styles.map(([, css = '']) => `sha256-${hashOf(css)}`) };
    },
  };
}

function hashOf(css: string): string {
  return sha256(css).toString('base64');
}
