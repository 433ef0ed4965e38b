import type { FastifyInstance } from 'fastify';
import { hex, readColor } from '../../../platform/colors/colors.ts';
import { sha256 } from '../../../platform/crypto/crypto.ts';
import { PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';
import type { BrandSettings } from '../../../records/branding/branding.ts';
import { type ChosenColors, type Scheme, themeCss } from './theme-css.ts';

type Sheet = { css: string; scheme: Scheme; url: string | null };
type Chosen = { settings: BrandSettings; theme: Record<string, unknown> | null };

/**
 * Returns the operator's style sheet and its address, which changes with the content, or `null` if there is none.
 * @param chosen an organization's colors. They are part of the address, which accepts only colors
 */
export function themeSheet({ settings, theme }: Chosen, chosen: Partial<ChosenColors>): Sheet {
  const colors = {
    primary: plain(chosen.primary),
    background: plain(chosen.pageBackground),
  };
  const { css, scheme } = themeCss(settings, theme, {
    primary: colors.primary && `#${colors.primary}`,
    pageBackground: colors.background && `#${colors.background}`,
  });
  if (css === '') return { css, scheme, url: null };
  const query = new URLSearchParams({ v: sha256(css).toString('hex').slice(0, 12) });
  for (const [name, color] of Object.entries(colors)) if (color !== null) query.set(name, color);
  return { css, scheme, url: `${PAGE_PATHS.theme}?${query}` };
}

/** Returns a color as `rrggbb`, on white if it is transparent, or `null` if it is not valid. */
function plain(color: string | null | undefined): string | null {
  const read = readColor(color);
  return read && hex(read).slice(1);
}

/** Serves the style sheet. @param now returns the current look of pages */
export function registerThemeSheet(app: FastifyInstance, now: () => Chosen): void {
  app.get(PAGE_PATHS.theme, async (request, reply) => {
    const { css, url } = themeSheet(now(), {
      primary: colorIn(request.query, 'primary'),
      pageBackground: colorIn(request.query, 'background'),
    });
    return (
      reply
        .header('content-type', 'text/css; charset=utf-8')
        // A browser with an older page gets the current style sheet and must not cache it.
        .header(
          'cache-control',
          request.url === url ? 'public, max-age=31536000, immutable' : 'no-cache',
        )
        .header('x-content-type-options', 'nosniff')
        .send(css)
    );
  });
}

function colorIn(query: unknown, name: string): string | null {
  if (typeof query !== 'object' || query === null || !Object.hasOwn(query, name)) return null;
  const color: unknown = Reflect.get(query, name);
  return typeof color === 'string' ? `#${color}` : null;
}
