import {
  buttonColors,
  CARD,
  type Color,
  DARK_CARD,
  hex,
  isDark,
  labelOn,
  mix,
  readableOn,
} from '../../platform/colors/colors.ts';
import { type Organization, titleOf } from '../../records/organizations/organizations.ts';
import {
  brandingOf,
  chooseLook,
  type Look,
  type LookSources,
} from '../../steps/choose-look/choose-look.ts';

const ACCENT: Color = [15, 107, 92];
const PAGE: Color = [245, 243, 238];
const DARK_PAGE: Color = [16, 20, 19];
const NOTE: Color = [85, 96, 91];
const DARK_NOTE: Color = [169, 181, 176];

/**
 * Returns the values for the look of a mail. `logo_url` and `colors` are Auth0's; the built-in mails use `mail`: colors that are readable on
 * each other, in light and in dark mode. Every color is `#rrggbb` or '', whatever is stored.
 * @param of.organization the mail's organization; its look takes precedence over the operator's
 * @param of.appLogo the application's logo
 * @param of.name the name that the logo stands for
 */
export function brandingValues(
  sources: LookSources,
  of: { organization: Organization | null; appLogo: string | null; name: string },
) {
  const { organization, appLogo, name } = of;
  const own = organization && brandingOf(organization);
  const look = chooseLook(sources, own, appLogo);
  const theirs = chooseLook({ ...sources, theme: null });
  return {
    logo_url: theirs.logo ?? '',
    colors: colorsOf(theirs),
    mail: {
      logo: look.logo ?? '',
      logo_name: organization && own?.logoUrl ? titleOf(organization) : name,
      ...colorsOfMail(look),
    },
  };
}

export type OrganizationValues = ReturnType<typeof organizationValues>;

/** Returns what a mail may say about its organization. The names are Auth0's. */
export function organizationValues(organization: Organization) {
  const own = brandingOf(organization);
  return {
    id: organization.id,
    name: organization.name,
    display_name: titleOf(organization),
    metadata: organization.metadata ?? {},
    branding: {
      logo_url: own.logoUrl ?? '',
      colors: { primary: own.primary ?? '', page_background: own.pageBackground ?? '' },
    },
  };
}

function colorsOf({ primary, background }: Look) {
  return {
    primary: primary === null ? '' : hex(primary),
    page_background: background === null ? '' : hex(background),
  };
}

function colorsOfMail({ primary, label, background, card }: Look) {
  const page = background ?? PAGE;
  // A dark page stays the same in dark mode.
  const darkPage = isDark(page) ? page : DARK_PAGE;
  const accent = primary ?? ACCENT;
  const button = buttonColors(accent, label);
  return {
    page: hex(page),
    page_dark: hex(darkPage),
    on_page: hex(readableOn(page, NOTE)),
    on_page_dark: hex(readableOn(darkPage, DARK_NOTE)),
    line: hex(mix(page, labelOn(page), 0.08)),
    line_dark: hex(mix(DARK_CARD, labelOn(DARK_CARD), 0.1)),
    button: hex(button.background),
    button_label: hex(button.label),
    button_line: hex(button.line),
    link: hex(readableOn(CARD, accent)),
    link_dark: hex(readableOn(DARK_CARD, accent)),
    // A logo keeps the background it was made for, in dark mode too.
    logo_ground: hex(card),
    logo_label: hex(labelOn(card)),
    logo_padding: hex(card) === hex(CARD) ? '0' : '8px 12px',
  };
}
