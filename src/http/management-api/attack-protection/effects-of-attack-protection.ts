import type { Effects } from '../route/route.ts';

const NO_MAIL = 'Usher sends no emails about it to administrators';

/** Fields of /attack-protection/suspicious-ip-throttling that have no effect. */
export const SUSPICIOUS_IP_EFFECTS: Effects = {
  'shields.*': { only: ['block'], because: NO_MAIL },
  'stage.pre-custom-token-exchange': {
    only: [{ max_attempts: 10, rate: 600_000 }],
    because: 'Usher does not support token exchange',
    shown: true,
  },
};

/** Fields of /attack-protection/breached-password-detection that have no effect. */
export const BREACHED_EFFECTS: Effects = {
  'shields.*': { only: ['block'], because: 'Usher sends no emails about it' },
  admin_notification_frequency: { only: [[]], because: NO_MAIL, shown: true },
  method: { only: ['standard'], because: 'there is only one list', shown: true },
  'stage.pre-user-registration.shields.*': { only: ['block'], because: NO_MAIL },
  'stage.pre-change-password.shields.*': { only: ['block'], because: NO_MAIL },
};
