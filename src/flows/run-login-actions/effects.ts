import type { Json } from '../../outbound/scripts/scripts.ts';
import { reservedKeyOf } from '../../records/metadata/metadata.ts';
import { type Command, isOwnClaim } from '../../steps/run-actions/run-actions.ts';

/** A second factor that a script asks for. */
export type AskedFactor = {
  /** Whether the user must enroll a factor, instead of showing one. */
  enrolls: boolean;
  /** Auth0's names of the factors that count. Empty: any. */
  types: string[];
  /** Whether a browser that remembers the user skips it. */
  mayBeSpared: boolean;
};

/** What scripts want of a login that may go on. It is JSON: it waits with the login and with its code. */
export type LoginEffects = {
  idToken: Record<string, Json>;
  accessToken: Record<string, Json>;
  addedScopes: string[];
  removedScopes: string[];
  appMetadata: Record<string, Json>;
  userMetadata: Record<string, Json>;
  factor: AskedFactor | null;
  /** Methods that a page of the operator has reported. */
  methods: { name: string; timestamp: string }[];
};

export const NO_EFFECTS: LoginEffects = {
  idToken: {},
  accessToken: {},
  addedScopes: [],
  removedScopes: [],
  appMetadata: {},
  userMetadata: {},
  factor: null,
  methods: [],
};

/**
 * Adds what commands of actions ask for.
 * @returns a text with the reason if a command cannot be carried out
 */
export function withCommands(
  before: LoginEffects,
  commands: Command[],
  now: Date,
): LoginEffects | string {
  const effects: LoginEffects = structuredClone(before);
  for (const { name, args } of commands) {
    const problem = apply(effects, name, args, now);
    if (problem !== null) return problem;
  }
  return effects;
}

function apply(effects: LoginEffects, name: string, args: Json[], now: Date): string | null {
  const [first, second = null] = args;
  const key = typeof first === 'string' ? first : '';
  switch (name) {
    case 'idToken.setCustomClaim':
      return setClaim(effects.idToken, key, second);
    case 'accessToken.setCustomClaim':
      return setClaim(effects.accessToken, key, second);
    case 'accessToken.addScope':
      return change(effects, key, { to: 'addedScopes', from: 'removedScopes' });
    case 'accessToken.removeScope':
      return change(effects, key, { to: 'removedScopes', from: 'addedScopes' });
    case 'user.setAppMetadata':
      if (reservedKeyOf({ [key]: second }) !== undefined) return `app_metadata cannot have ${key}.`;
      return setMetadata(effects.appMetadata, key, second);
    case 'user.setUserMetadata':
      return setMetadata(effects.userMetadata, key, second);
    case 'multifactor.enable':
      effects.factor = factorOf(key, second);
      return null;
    case 'authentication.challengeWith':
    case 'authentication.challengeWithAny':
      return askFor(effects, first, false);
    case 'authentication.enrollWith':
    case 'authentication.enrollWithAny':
      return askFor(effects, first, true);
    case 'authentication.recordMethod':
      effects.methods.push({ name: key, timestamp: now.toISOString() });
      return null;
    default:
      return `api.${name} is not offered by this server.`;
  }
}

function setClaim(claims: Record<string, Json>, name: string, value: Json): null {
  if (!isOwnClaim(name)) return null;
  if (value === null) delete claims[name];
  else claims[name] = value;
  return null;
}

function change(
  effects: LoginEffects,
  scope: string,
  lists: { to: 'addedScopes' | 'removedScopes'; from: 'addedScopes' | 'removedScopes' },
): string | null {
  // RFC 6749, 3.3.
  if (!/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope)) return `"${scope}" is no scope.`;
  effects[lists.to] = [...new Set([...effects[lists.to], scope])];
  effects[lists.from] = effects[lists.from].filter((each) => each !== scope);
  return null;
}

function setMetadata(metadata: Record<string, Json>, key: string, value: Json): string | null {
  const text = JSON.stringify([key, value]);
  if (key === '' || /[.$]/.test(key)) return `Metadata cannot have the key "${key}".`;
  if (/\\u0000|\\ud[89a-f]/i.test(text)) return 'NUL and unpaired surrogates cannot be stored.';
  metadata[key] = value;
  return null;
}

/** Providers of `multifactor.enable`: all but `none` mean any factor that is enabled here. */
export function factorOf(provider: string, options: Json): AskedFactor | null {
  if (provider === 'none') return null;
  const types = provider === 'google-authenticator' ? ['otp'] : [];
  const isObject = typeof options === 'object' && options !== null && !Array.isArray(options);
  return {
    enrolls: false,
    types,
    mayBeSpared: !isObject || options.allowRememberBrowser !== false,
  };
}

function askFor(effects: LoginEffects, factors: Json | undefined, enrolls: boolean): string | null {
  const types = (Array.isArray(factors) ? factors : []).flatMap((factor) =>
    typeof factor === 'object' && factor !== null && !Array.isArray(factor)
      ? String(factor.type)
      : [],
  );
  const unknown = types.find((type) => !FACTORS.has(type));
  if (unknown !== undefined) return `This server has no factor of the type "${unknown}".`;
  effects.factor = { enrolls, types, mayBeSpared: false };
  return null;
}

const FACTORS = new Set([
  'otp',
  'phone',
  'email',
  'recovery-code',
  'webauthn-platform',
  'webauthn-roaming',
]);
