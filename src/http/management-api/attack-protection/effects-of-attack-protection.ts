import type { Effects } from '../route/route.ts';

const NO_MAIL = 'administrators are told of nothing by mail';

/** Of /attack-protection/suspicious-ip-throttling. */
export const SUSPICIOUS_IP_EFFECTS: Effects = {
  'shields.*': { only: ['block'], because: NO_MAIL },
  'stage.pre-custom-token-exchange': {
    only: [{ max_attempts: 10, rate: 600_000 }],
    because: 'tokens are not exchanged',
    shown: true,
  },
};

/** Of /attack-protection/breached-password-detection. */
export const BREACHED_EFFECTS: Effects = {
  'shields.*': { only: ['block'], because: 'nobody is told of it by mail' },
  admin_notification_frequency: { only: [[]], because: NO_MAIL, shown: true },
  method: { only: ['standard'], because: 'there is one list', shown: true },
  'stage.pre-user-registration.shields.*': { only: ['block'], because: NO_MAIL },
  'stage.pre-change-password.shields.*': { only: ['block'], because: NO_MAIL },
};
