import type { Effect, Effects } from '../route/route.ts';

/** Of /emails/provider. */
export const MAIL_SERVER_EFFECTS: Effects = {
  name: {
    only: ['smtp'],
    because:
      'other services are used through their SMTP endpoint, with its host, port, user and password',
  },
  settings: { only: [], off: {}, because: 'a mail server has no further settings' },
};

/** Templates of mails that are never sent; their `enabled`. */
export const TEMPLATE_EFFECT: Effect = { only: [false], because: 'this mail is never sent' };

const OTHER_LINKS = 'only the links in verify_email and reset_email do what their template says';
/** Of templates of other mails than those two. */
export const LINK_EFFECTS: Effects = {
  resultUrl: { only: [''], because: OTHER_LINKS },
  urlLifetimeInSeconds: { only: [0, 432_000], because: OTHER_LINKS },
  includeEmailInRedirect: { only: [false], because: OTHER_LINKS },
};
