import type { Effect, Effects } from '../route/route.ts';

/** Fields of /emails/provider that have no effect. */
export const MAIL_SERVER_EFFECTS: Effects = {
  name: {
    only: ['smtp'],
    because:
      'Usher sends through any mail service by the host, port, user and password of its SMTP server',
  },
  settings: { only: [], off: {}, because: 'a mail server has no further settings' },
};

/** `enabled` of templates for mails that Usher never sends. */
export const TEMPLATE_EFFECT: Effect = { only: [false], because: 'Usher never sends this email' };

const OTHER_LINKS = 'only templates of verify_email and reset_email can set their link';
/** Fields that have no effect in the other templates. */
export const LINK_EFFECTS: Effects = {
  resultUrl: { only: [''], because: OTHER_LINKS },
  urlLifetimeInSeconds: { only: [0, 432_000], because: OTHER_LINKS },
  includeEmailInRedirect: { only: [false], because: OTHER_LINKS },
};
