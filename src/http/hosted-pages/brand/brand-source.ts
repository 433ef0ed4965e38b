import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Db } from '../../../platform/db/db.ts';
import type { Log } from '../../../platform/log/log.ts';
import { PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';
import {
  allPromptPartials,
  allPromptTexts,
  type BrandSettings,
  brandingVersion,
  brandSettings,
  type PromptPartials,
  type PromptTexts,
  pageTemplate,
  themes,
} from '../../../records/branding/branding.ts';
import {
  TENANT_DEFAULTS,
  type TenantSettings,
  tenantSettings,
} from '../../../records/settings/settings.ts';
import { registerThemeSheet } from './theme-sheet.ts';

/** The look and the texts of pages, as the operator has set them. */
export type Brand = {
  tenant: TenantSettings;
  settings: BrandSettings;
  theme: Record<string, unknown> | null;
  template: string | null;
  texts: PromptTexts[];
  partials: PromptPartials[];
};

export type BrandSource = {
  /** Returns the last read state, without waiting, so that a page uses one state. */
  now(): Brand;
  /** Reads changes. If that fails, pages stay as they were. */
  refresh(): Promise<void>;
};

const PLAIN: Brand = {
  tenant: TENANT_DEFAULTS,
  settings: {},
  theme: null,
  template: null,
  texts: [],
  partials: [],
};

/** Reads the look before every page, so that a change applies at once on every node. */
export function createBrand(app: FastifyInstance, { db, log }: { db: Db; log: Log }): BrandSource {
  let version: string | null = null;
  let brand = PLAIN;
  const source: BrandSource = {
    now: () => brand,
    async refresh() {
      try {
        const [tenant, current] = await Promise.all([tenantSettings(db), brandingVersion(db)]);
        if (current !== version) {
          brand = { ...(await readBranding(db)), tenant };
          version = current;
        }
        brand = { ...brand, tenant };
      } catch (error) {
        log.error({ err: error }, 'the look of pages could not be read');
      }
    },
  };
  app.addHook('onRequest', async (request) => {
    if (showsPage(request)) await source.refresh();
  });
  registerThemeSheet(app, source.now);
  return source;
}

async function readBranding(db: Db): Promise<Omit<Brand, 'tenant'>> {
  const [settings, [theme], template, texts, partials] = await Promise.all([
    brandSettings(db),
    themes(db),
    pageTemplate(db),
    allPromptTexts(db),
    allPromptPartials(db),
  ]);
  return { settings, theme: theme ?? null, template, texts, partials };
}

function showsPage(request: FastifyRequest): boolean {
  return (
    request.url.startsWith(PAGE_PATHS.theme) ||
    ((request.headers.accept ?? '').includes('text/html') &&
      !request.url.startsWith(`${PAGE_PATHS.assets}/`))
  );
}
