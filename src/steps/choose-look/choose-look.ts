import { type Color, readColor, WHITE } from '../../platform/colors/colors.ts';
import type { Db } from '../../platform/db/db.ts';
import { type BrandSettings, brandSettings, themes } from '../../records/branding/branding.ts';
import type { Organization } from '../../records/organizations/organizations.ts';
import { tenantSettings } from '../../records/settings/settings.ts';

/** Where looks are chosen, as it is stored. */
export type LookSources = {
  settings: BrandSettings;
  /** Counts more than the settings. */
  theme: Record<string, unknown> | null;
  /** The tenant's picture, where branding names none. */
  pictureUrl: string | null;
};

/** What an organization chooses for itself: an https address, and colors as the wire writes them. */
export type OrganizationBranding = {
  logoUrl: string | null;
  primary: string | null;
  pageBackground: string | null;
};

export type Look = {
  /** An https address. */
  logo: string | null;
  primary: Color | null;
  /** What is written on buttons, where that can be read. */
  label: Color | null;
  background: Color | null;
  /** What logos were made to be seen on. */
  card: Color;
};

export async function readLookSources(db: Db): Promise<LookSources> {
  const [settings, [theme], { pictureUrl }] = await Promise.all([
    brandSettings(db),
    themes(db),
    tenantSettings(db),
  ]);
  return { settings, theme: theme ?? null, pictureUrl };
}

/**
 * The look that counts, of all that were chosen: the organization's before the application's, the theme's, and the settings', each value by
 * itself. What is no color, and pictures that aren't https, count as not chosen.
 * @param appLogo the application's own
 */
export function chooseLook(
  sources: LookSources,
  organization: OrganizationBranding | null = null,
  appLogo: string | null = null,
): Look {
  const { settings, theme } = sources;
  const colors = part(theme?.colors);
  const page = part(theme?.page_background);
  return {
    logo: chooseLogo(sources, organization, appLogo),
    primary: firstColor(organization?.primary, theme ? colors.primary_button : settings.primary),
    label: readColor(colors.primary_button_label),
    background: firstColor(
      organization?.pageBackground,
      // What can't show a gradient shows the color it begins with.
      theme
        ? page.background_color
        : (part(settings.pageBackground).start ?? settings.pageBackground),
    ),
    card: readColor(colors.widget_background) ?? WHITE,
  };
}

/** The logo that counts; null when there is none that pages and mails can show. */
export function chooseLogo(
  { settings, theme, pictureUrl }: LookSources,
  organization: Pick<OrganizationBranding, 'logoUrl'> | null = null,
  appLogo: unknown = null,
): string | null {
  const own = [part(theme?.widget).logo_url, settings.logoUrl, pictureUrl];
  return firstPicture(organization?.logoUrl, appLogo, ...own);
}

/** Of what is stored with an organization, what can be shown. */
export function brandingOf({ branding }: Pick<Organization, 'branding'>): OrganizationBranding {
  const colors = part(branding?.colors);
  return {
    logoUrl: firstPicture(branding?.logo_url),
    primary: colorText(colors.primary),
    pageBackground: colorText(colors.page_background),
  };
}

function colorText(value: unknown): string | null {
  return typeof value === 'string' && readColor(value) !== null ? value : null;
}

/** The first that is an https address, as browsers write it. */
function firstPicture(...candidates: unknown[]): string | null {
  for (const url of candidates) {
    if (typeof url !== 'string' || !URL.canParse(url)) continue;
    const { protocol, href } = new URL(url);
    if (protocol === 'https:') return href;
  }
  return null;
}

function firstColor(...candidates: unknown[]): Color | null {
  for (const one of candidates) {
    const color = readColor(one);
    if (color !== null) return color;
  }
  return null;
}

function part(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
