import { type Color, readColor, WHITE } from '../../platform/colors/colors.ts';
import type { Db } from '../../platform/db/db.ts';
import { type BrandSettings, brandSettings, themes } from '../../records/branding/branding.ts';
import type { Organization } from '../../records/organizations/organizations.ts';
import { tenantSettings } from '../../records/settings/settings.ts';

/** The stored settings that a look is chosen from. */
export type LookSources = {
  settings: BrandSettings;
  /** Takes precedence over the settings. */
  theme: Record<string, unknown> | null;
  /** The tenant's picture, used if the branding has none. */
  pictureUrl: string | null;
};

/** An organization's own look: an https URL, and colors as the wire writes them. */
export type OrganizationBranding = {
  logoUrl: string | null;
  primary: string | null;
  pageBackground: string | null;
};

export type Look = {
  /** An https URL. */
  logo: string | null;
  primary: Color | null;
  /** Color of the text on buttons, if it is readable there. */
  label: Color | null;
  background: Color | null;
  /** The background that logos are made for. */
  card: Color;
};

/** Reads the stored settings of the tenant's look. */
export async function readLookSources(db: Db): Promise<LookSources> {
  const [settings, [theme], { pictureUrl }] = await Promise.all([
    brandSettings(db),
    themes(db),
    tenantSettings(db),
  ]);
  return { settings, theme: theme ?? null, pictureUrl };
}

/**
 * Returns the effective look. Each value comes from the first source that has a valid one: the organization, the application, the theme,
 * the settings. Invalid colors and pictures without https are ignored.
 * @param appLogo the application's logo
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
      // A place without gradients shows the gradient's first color.
      theme
        ? page.background_color
        : (part(settings.pageBackground).start ?? settings.pageBackground),
    ),
    card: readColor(colors.widget_background) ?? WHITE,
  };
}

/** Returns the effective logo, or `null` if there is none that pages and mails can show. */
export function chooseLogo(
  { settings, theme, pictureUrl }: LookSources,
  organization: Pick<OrganizationBranding, 'logoUrl'> | null = null,
  appLogo: unknown = null,
): string | null {
  const own = [part(theme?.widget).logo_url, settings.logoUrl, pictureUrl];
  return firstPicture(organization?.logoUrl, appLogo, ...own);
}

/** Returns the valid part of an organization's stored branding. */
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

/** Returns the first https URL, in the form that browsers write. */
function firstPicture(...candidates: unknown[]): string | null {
  for (const url of candidates) {
    if (typeof url !== 'string' || !URL.canParse(url)) continue;
    const { protocol, href } = new URL(url);
    if (protocol === 'https:') return href;
  }
  return null;
}

function firstColor(...candidates: unknown[]): Color | null {
  for (const candidate of candidates) {
    const color = readColor(candidate);
    if (color !== null) return color;
  }
  return null;
}

function part(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
