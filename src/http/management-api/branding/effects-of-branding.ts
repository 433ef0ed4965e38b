import type { Effects } from '../route/route.ts';

/** Fields of a theme that have no effect. */
export const THEME_EFFECTS: Effects = {
  'colors.read_only_background': { only: [], because: 'the pages have no read-only fields' },
  'colors.captcha_widget_theme': { only: ['auto'], because: 'Usher has no captchas' },
  'widget.social_buttons_layout': {
    only: ['bottom'],
    because: 'the buttons of identity providers are below the form',
  },
};
