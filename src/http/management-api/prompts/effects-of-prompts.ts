import type { Effects } from '../route/route.ts';

/** Fields of PATCH /prompts that have no effect. */
export const PROMPT_EFFECTS: Effects = {
  universal_login_experience: {
    only: ['new'],
    because: 'there is only one login experience',
    shown: true,
  },
  identifier_first: {
    only: [false],
    because: 'one page asks for the username and the password',
    shown: true,
  },
  webauthn_platform_first_factor: {
    only: [false],
    because: 'each connection enables passkeys in authentication_methods',
    shown: true,
  },
};
const OWN_SCREENS = 'Usher renders the screens itself';

/** Fields of one screen of a prompt that have no effect. */
export const SCREEN_EFFECTS: Effects = {
  rendering_mode: { only: ['standard'], because: OWN_SCREENS, shown: true },
  context_configuration: { only: [[]], because: OWN_SCREENS, shown: true },
  default_head_tags_disabled: { only: [false], because: OWN_SCREENS, shown: true },
  use_page_template: { only: [false], because: OWN_SCREENS, shown: true },
  head_tags: { only: [[]], because: OWN_SCREENS, shown: true },
  filters: { only: [], off: {}, because: OWN_SCREENS },
};
export const SCREENS_EFFECTS: Effects = Object.fromEntries(
  Object.entries(SCREEN_EFFECTS).map(([name, effect]) => [`configs.*.${name}`, effect]),
);
