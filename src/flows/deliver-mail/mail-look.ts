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
 * What templates can say about how mails look. `branding` and `organization` are those of Auth0; `branding.mail` is what the built-in mails are
 * made of: colors that can be read on each other, by day and by night. Every color is `#rrggbb` or '', whatever is stored.
 * @param of.organization the one that the mail belongs to; its look stands above the operator's
 * @param of.appLogo the application's
 * @param of.name whom the logo stands for
 */
export function lookVariables(
  sources: LookSources,
  of: { organization: Organization | null; appLogo: string | null; name: string },
): Record<string, unknown> {
  const { organization, appLogo, name } = of;
  const own = organization && brandingOf(organization);
  const look = chooseLook(sources, own, appLogo);
  const theirs = chooseLook({ ...sources, theme: null });
  return {
    branding: {
      logo_url: theirs.logo ?? '',
      colors: colorsOf(theirs),
      mail: {
        logo: look.logo ?? '',
        logo_name: organization && own?.logoUrl ? titleOf(organization) : name,
        ...colorsOfMail(look),
      },
    },
    ...(organization && {
      organization: {
        id: organization.id,
        name: organization.name,
        display_name: titleOf(organization),
        metadata: organization.metadata ?? {},
        branding: {
          logo_url: own?.logoUrl ?? '',
          colors: { primary: own?.primary ?? '', page_background: own?.pageBackground ?? '' },
        },
      },
    }),
  };
}

function colorsOf({ primary, background }: Look) {
  return {
    primary: primary === null ? '' : hex(primary),
    page_background: background === null ? '' : hex(background),
  };
}

function colorsOfMail({ primary, label, background, card }: Look): Record<string, string> {
  const page = background ?? PAGE;
  // By night a page that is bright stays dark.
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
    // A logo is seen on what it was made for, by night as well.
    logo_ground: hex(card),
    logo_label: hex(labelOn(card)),
    logo_padding: hex(card) === hex(CARD) ? '0' : '8px 12px',
  };
}
