import type { Effects } from '../route/route.ts';

const NO_PROVIDERS = 'there is no login with outside providers';

/** Of a theme. */
export const THEME_EFFECTS: Effects = {
  'colors.read_only_background': { only: [], because: 'pages have no field that is only read' },
  'colors.captcha_widget_theme': { only: ['auto'], because: 'there are no captchas' },
  'widget.social_buttons_layout': { only: ['bottom'], because: NO_PROVIDERS },
};
