import { Type } from 'typebox';
import { changeAttackProtection } from '../../../flows/change-settings/change-settings.ts';
import {
  type BreachedPasswordDetection,
  type BruteForceProtection,
  type Pace,
  type ProtectionChanges,
  readAttackProtection,
  type SuspiciousIpThrottling,
} from '../../../records/attack-protection/attack-protection.ts';
import {
  type Api,
  ApiError,
  type BaseDeps,
  closed,
  freeObject,
  oneOf,
  refuseWithoutEffect,
  route,
  shownBy,
} from '../route/route.ts';
import { BREACHED_EFFECTS, SUSPICIOUS_IP_EFFECTS } from './effects-of-attack-protection.ts';

const tags = ['attack-protection'];
const BASE = '/attack-protection';

const some = <const T extends readonly string[]>(values: T, description: string) =>
  Type.Array(oneOf(values), { maxItems: 20, description });

const allowlist = Type.Array(Type.String({ maxLength: 60, format: 'ip-or-network' }), {
  maxItems: 1000,
  description: 'IP addresses and networks whose attempts do not count',
});

const bruteForce = {
  enabled: Type.Boolean({ description: 'Whether Usher counts wrong passwords per account' }),
  shields: some(['block', 'user_notification'], 'Reactions to too many attempts'),
  mode: oneOf(['count_per_identifier_and_ip', 'count_per_identifier'], {
    description: 'Whether attempts count per account and IP address, or only per account',
  }),
  allowlist,
  max_attempts: Type.Integer({
    minimum: 1,
    maximum: 100,
    description: 'Number of wrong passwords after which Usher reacts',
  }),
};

const pace = closed({
  max_attempts: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 100_000,
      description: 'Number of attempts allowed at once',
    }),
  ),
  rate: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 31_536_000_000,
      description: 'Time after which one more attempt is allowed, in milliseconds',
    }),
  ),
});

const suspiciousIp = {
  enabled: Type.Boolean({ description: 'Whether Usher counts attempts per IP address' }),
  shields: some(['admin_notification', 'block'], 'Reactions to too many attempts'),
  allowlist,
  stage: closed({
    'pre-login': Type.Optional(pace),
    'pre-user-registration': Type.Optional(pace),
    'pre-custom-token-exchange': Type.Optional(pace),
  }),
};

const LOGIN_SHIELDS = ['block', 'user_notification', 'admin_notification'] as const;
const STAGE_SHIELDS = ['block', 'admin_notification'] as const;
const stageShields = Type.Optional(
  closed({ shields: Type.Optional(some(STAGE_SHIELDS, 'Reactions to a breached password')) }),
);

const breachedPassword = {
  enabled: Type.Boolean({
    description: 'Whether Usher compares passwords with a list of breached ones',
  }),
  shields: some(LOGIN_SHIELDS, 'Reactions to a login with a breached password'),
  admin_notification_frequency: some(
    ['immediately', 'daily', 'weekly', 'monthly'],
    'How often Usher notifies administrators',
  ),
  method: oneOf(['standard', 'enhanced'], {
    description: 'List of breached passwords',
  }),
  stage: closed({ 'pre-user-registration': stageShields, 'pre-change-password': stageShields }),
};

/**
 * Refuses `user_notification` without `block`: the mail says that logins are blocked, and without a block there are none.
 * @throws ApiError 400
 */
function refuseLoneNotification(shields: string[] = []): void {
  if (!shields.includes('user_notification') || shields.includes('block')) return;
  const because = 'the email tells users that they are blocked';
  refuseWithoutEffect('shields', { only: [['block', 'user_notification']], because }, shields);
}

/**
 * /attack-protection: limits on password guessing. For features that Usher does not have, it responds as an Auth0 tenant
 * without them does.
 */
export function attackProtectionRoutes(api: Api, deps: BaseDeps): void {
  const { db } = deps;
  const read = { method: 'GET', scopes: ['read:attack_protection'], tags } as const;
  const write = { method: 'PATCH', scopes: ['update:attack_protection'], tags } as const;

  const bruteForceSchema = Type.Object(bruteForce);
  route(api, {
    ...read,
    url: `${BASE}/brute-force-protection`,
    summary: 'Get Brute-force settings',
    response: { 200: bruteForceSchema },
    handler: async () => toBruteForce((await readAttackProtection(db)).bruteForce),
  });
  route(api, {
    ...write,
    url: `${BASE}/brute-force-protection`,
    summary: 'Update Brute-force settings',
    body: Type.Partial(closed(bruteForce), { additionalProperties: false }),
    response: { 200: bruteForceSchema },
    async handler({ body }) {
      const { max_attempts: maxAttempts, ...rest } = body;
      refuseLoneNotification(rest.shields);
      const changes = { ...rest, ...(maxAttempts !== undefined && { maxAttempts }) };
      return toBruteForce(await changeAttackProtection(deps, 'bruteForce', changes));
    },
  });

  const suspiciousIpSchema = Type.Object(suspiciousIp);
  route(api, {
    ...read,
    url: `${BASE}/suspicious-ip-throttling`,
    summary: 'Get Suspicious IP Throttling settings',
    response: { 200: suspiciousIpSchema },
    handler: async () => toSuspiciousIp((await readAttackProtection(db)).suspiciousIp),
  });
  route(api, {
    ...write,
    url: `${BASE}/suspicious-ip-throttling`,
    summary: 'Update Suspicious IP Throttling settings',
    body: Type.Partial(closed(suspiciousIp), { additionalProperties: false }),
    effects: SUSPICIOUS_IP_EFFECTS,
    response: { 200: suspiciousIpSchema },
    async handler({ body }) {
      const { stage = {}, ...rest } = body;
      const login = stage['pre-login'];
      const signUp = stage['pre-user-registration'];
      const changes: ProtectionChanges<SuspiciousIpThrottling> = {
        ...rest,
        ...(login && { preLogin: paceOf(login) }),
        ...(signUp && { preUserRegistration: paceOf(signUp) }),
      };
      return toSuspiciousIp(await changeAttackProtection(deps, 'suspiciousIp', changes));
    },
  });

  const breachedPasswordSchema = Type.Object(breachedPassword);
  route(api, {
    ...read,
    url: `${BASE}/breached-password-detection`,
    summary: 'Get Breached Password Detection settings',
    response: { 200: breachedPasswordSchema },
    handler: async () => toBreached((await readAttackProtection(db)).breachedPassword),
  });
  route(api, {
    ...write,
    url: `${BASE}/breached-password-detection`,
    summary: 'Update Breached Password Detection settings',
    body: Type.Partial(closed(breachedPassword), { additionalProperties: false }),
    effects: BREACHED_EFFECTS,
    response: { 200: breachedPasswordSchema },
    async handler({ body }) {
      const { stage = {}, admin_notification_frequency, method, ...rest } = body;
      const signUp = stage['pre-user-registration'];
      const change = stage['pre-change-password'];
      const changes: Partial<BreachedPasswordDetection> = {
        ...rest,
        ...(signUp?.shields && { preUserRegistration: signUp.shields }),
        ...(change?.shields && { preChangePassword: change.shields }),
      };
      return toBreached(await changeAttackProtection(deps, 'breachedPassword', changes));
    },
  });

  for (const { name, title, message } of NOT_OFFERED) {
    const refuse = () => {
      throw new ApiError(403, message, 'insufficient_entitlement');
    };
    const url = `${BASE}/${name}`;
    const body = freeObject('Anything');
    const response = { 200: freeObject('This cannot be enabled, because Usher does not have it.') };
    route(api, { ...read, url, summary: `Get ${title}`, response, handler: refuse });
    route(api, { ...write, url, summary: `Update ${title}`, body, response, handler: refuse });
  }
}

const UPGRADE = 'Please upgrade your subscription to use bot detection';
const NOT_OFFERED = [
  { name: 'bot-detection', title: 'Bot Detection settings', message: UPGRADE },
  { name: 'captcha', title: 'the CAPTCHA configuration', message: UPGRADE },
  {
    name: 'phone-provider-protection',
    title: 'the phone provider protection',
    message: 'Exponential backoff is not enabled for this tenant.',
  },
];

function toBruteForce({ maxAttempts, ...rest }: BruteForceProtection) {
  return { ...rest, max_attempts: maxAttempts };
}

function toSuspiciousIp(settings: SuspiciousIpThrottling) {
  const { enabled, shields, allowlist } = settings;
  return {
    enabled,
    shields: blocking(shields),
    allowlist,
    stage: {
      'pre-login': toPace(settings.preLogin),
      'pre-user-registration': toPace(settings.preUserRegistration),
      ...(shownBy(SUSPICIOUS_IP_EFFECTS).stage as object),
    },
  };
}

function toBreached(settings: BreachedPasswordDetection) {
  const { enabled, shields } = settings;
  return {
    ...shownBy(BREACHED_EFFECTS),
    enabled,
    shields: blocking(shields),
    stage: {
      'pre-user-registration': { shields: blocking(settings.preUserRegistration) },
      'pre-change-password': { shields: blocking(settings.preChangePassword) },
    },
  };
}

/** The only shield that has an effect there. */
function blocking(shields: string[]): string[] {
  return shields.filter((shield) => shield === 'block');
}

function toPace({ maxAttempts, rate }: Pace) {
  return { max_attempts: maxAttempts, rate };
}

function paceOf(given: { max_attempts?: number; rate?: number }): Partial<Pace> {
  const { max_attempts: maxAttempts, rate } = given;
  return {
    ...(maxAttempts !== undefined && { maxAttempts }),
    ...(rate !== undefined && { rate }),
  };
}
