import { canonicalPhoneNumber } from '../../platform/phone-number/phone-number.ts';
import { numberOf, objectAt } from './option-values.ts';

/** Rules for one kind of identifier in a connection. */
export type IdentifierRule = {
  /** Whether users can log in with it. */
  active: boolean;
  /** Whether a person gives one at sign-up. */
  signup: 'required' | 'optional' | 'inactive';
  /** Whether a user created through the API must have one. */
  required: boolean;
};

export type UsernameRule = IdentifierRule & {
  min: number;
  max: number;
  /** Whether a username may have the form of an email address or a phone number. */
  mayBe: { email: boolean; phoneNumber: boolean };
};

export type Identifiers = {
  email: IdentifierRule;
  phoneNumber: IdentifierRule;
  username: UsernameRule;
  /** Order in which a typed identifier is looked up. */
  precedence: ('email' | 'phoneNumber' | 'username')[];
};

const DEFAULT_MAX = 15;
const PRECEDENCE = ['email', 'phoneNumber', 'username'] as const;

/**
 * Reads `options.attributes` and `options.precedence`. Without attributes it reads the older `requires_username` and `validation.username`.
 */
export function readIdentifiers(options: Record<string, unknown>): Identifiers {
  const precedence = precedenceOf(options.precedence);
  const attributes = objectAt(options, 'attributes');
  if (Object.keys(attributes).length === 0) {
    const wanted = options.requires_username === true;
    const { min, max } = objectAt(objectAt(options, 'validation'), 'username');
    return {
      email: { active: true, signup: 'required', required: false },
      // Imported users with a phone number can log in with it.
      phoneNumber: { active: true, signup: 'inactive', required: false },
      username: {
        active: true,
        signup: wanted ? 'required' : 'inactive',
        required: false,
        min: numberOf(min) ?? 1,
        max: numberOf(max) ?? DEFAULT_MAX,
        mayBe: { email: false, phoneNumber: false },
      },
      precedence,
    };
  }
  const username = objectAt(attributes, 'username');
  const validation = objectAt(username, 'validation');
  const allowed = objectAt(validation, 'allowed_types');
  return {
    email: ruleOf(objectAt(attributes, 'email')),
    phoneNumber: ruleOf(objectAt(attributes, 'phone_number')),
    username: {
      ...ruleOf(username),
      min: numberOf(validation.min_length) ?? 1,
      max: numberOf(validation.max_length) ?? DEFAULT_MAX,
      mayBe: { email: allowed.email === true, phoneNumber: allowed.phone_number === true },
    },
    precedence,
  };
}

function ruleOf(attribute: Record<string, unknown>): IdentifierRule {
  const active = objectAt(attribute, 'identifier').active === true;
  const required = attribute.profile_required === true;
  const { status } = objectAt(attribute, 'signup');
  const told = status === 'required' || status === 'optional' || status === 'inactive';
  return { active, required, signup: told ? status : required || active ? 'required' : 'inactive' };
}

function precedenceOf(value: unknown): Identifiers['precedence'] {
  const asked: unknown[] = Array.isArray(value) ? value : [];
  const known = asked.map((name) => (name === 'phone_number' ? 'phoneNumber' : name));
  const order = known.filter((name) => PRECEDENCE.some((candidate) => candidate === name));
  return order.length === PRECEDENCE.length
    ? [...PRECEDENCE].sort((a, b) => order.indexOf(a) - order.indexOf(b))
    : [...PRECEDENCE];
}

const USERNAME = /^[a-z0-9_+\-.!#$'^`~@]+$/i;

/**
 * Returns whether a username has allowed characters (letters, digits and `_ + - . ! # $ ' ^ \` ~ @`) and the connection's length, and is no
 * email address or phone number unless the rule allows it.
 */
export function fitsUsername(rule: UsernameRule, username: string): boolean {
  if (!USERNAME.test(username)) return false;
  if (username.length < rule.min || username.length > rule.max) return false;
  if (!rule.mayBe.email && /^[^@]+@[^@]+$/.test(username)) return false;
  return rule.mayBe.phoneNumber || canonicalPhoneNumber(username) === null;
}
