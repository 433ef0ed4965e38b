import type { Effects } from '../route/route.ts';

/** Of PATCH /prompts. */
export const PROMPT_EFFECTS: Effects = {
  universal_login_experience: { only: ['new'], because: 'there is one', shown: true },
  identifier_first: {
    only: [false],
    because: 'name and password are asked for on one page',
    shown: true,
  },
  webauthn_platform_first_factor: { only: [false], because: 'there are no passkeys', shown: true },
};
const OWN_SCREENS = 'screens are drawn by this server';

/** Of one screen of a prompt. */
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
