import { chooseLogo } from '../../../steps/choose-look/choose-look.ts';
import type { Assets } from './assets.ts';
import type { Brand } from './brand-source.ts';
import type { OrganizationLook } from './organization-look.ts';
import type { Scheme } from './theme-css.ts';
import { themeSheet } from './theme-sheet.ts';

/** The operator's part of every page. */
export type BrandLook = {
  /** The name for pages without an application. */
  name: string | null;
  logo: string | null;
  favicon: string;
  css: string | null;
  scheme: Scheme;
  /** The support address, or `null` if none is set. */
  support: { url: string; text: string } | null;
};

/**
 * @param organization its logo and colors take precedence over the operator's; may be `null`
 * @param appLogo the application's own logo
 */
export function brandLook(
  brand: Brand,
  assets: Assets,
  organization: OrganizationLook | null,
  appLogo: string | null,
): BrandLook {
  const { tenant, settings, theme } = brand;
  const { pictureUrl } = tenant;
  const { url: css, scheme } = themeSheet(brand, organization ?? {});
  return {
    name: tenant.friendlyName,
    logo: chooseLogo({ settings, theme, pictureUrl }, organization, appLogo),
    favicon: settings.faviconUrl ?? assets.urls.logo,
    css,
    scheme,
    support: supportOf(brand),
  };
}

function supportOf({ tenant }: Brand): BrandLook['support'] {
  const { supportUrl, supportEmail } = tenant;
  if (supportUrl !== null && /^https?:/i.test(supportUrl))
    return { url: supportUrl, text: supportUrl };
  return supportEmail === null ? null : { url: `mailto:${supportEmail}`, text: supportEmail };
}

/** Returns the origin of the operator's font for the content security policy, or `null` if there is none. */
export function fontOrigin({ settings, theme }: Brand): string | null {
  const url = theme === null ? settings.fontUrl : textOf(theme.fonts, 'font_url');
  if (!url || !URL.canParse(url)) return null;
  const { protocol, origin } = new URL(url);
  return protocol === 'https:' ? origin : null;
}

/** Returns the variables of page templates. */
export function templateVariables(
  { tenant, settings }: Brand,
  screen: { prompt: string; screen: string },
  page: {
    appName?: string | null;
    logoUrl: string | null;
    lang: string;
    dir: string;
    t: unknown;
    organization?: OrganizationLook | null;
  },
): Record<string, unknown> {
  const background = settings.pageBackground;
  return {
    application: { name: page.appName ?? '', logo_url: page.logoUrl ?? '' },
    branding: {
      logo_url: settings.logoUrl ?? '',
      colors: {
        primary: settings.primary ?? '',
        page_background: typeof background === 'string' ? background : '',
      },
    },
    ...(page.organization && { organization: organizationVariable(page.organization) }),
    tenant: {
      friendly_name: tenant.friendlyName ?? '',
      support_email: tenant.supportEmail ?? '',
      support_url: tenant.supportUrl ?? '',
      enabled_locales: tenant.enabledLocales,
    },
    locale: page.lang,
    dir: page.dir,
    prompt: { name: screen.prompt, screen: { name: screen.screen, texts: page.t } },
  };
}

function organizationVariable(organization: OrganizationLook): Record<string, unknown> {
  const { id, name, title, metadata, logoUrl, primary, pageBackground } = organization;
  return {
    id,
    name,
    display_name: title,
    metadata,
    branding: {
      logo_url: logoUrl ?? '',
      colors: { primary: primary ?? '', page_background: pageBackground ?? '' },
    },
  };
}

function textOf(value: unknown, name: string): string | null {
  if (typeof value !== 'object' || value === null) return null;
  const found: unknown = Reflect.get(value, name);
  return typeof found === 'string' && found !== '' ? found : null;
}
