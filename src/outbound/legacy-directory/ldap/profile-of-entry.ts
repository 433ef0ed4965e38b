import type { Entry } from 'ldapts';
import type { LdapSettings } from './settings.ts';

type Fields = Record<string, unknown>;

const METADATA = /^(user_metadata|app_metadata)\.(.+)$/;
const BOOLEANS = new Set(['email_verified', 'phone_verified', 'blocked']);
/** ADS_UF_ACCOUNTDISABLE of Active Directory. */
const DISABLED = 2;

/** Attributes of Active Directory whose values are bytes. */
export const BINARY_ATTRIBUTES = ['objectGUID', 'objectSid'];

/** Makes a profile in the form of Auth0's custom databases from an entry. */
export function profileOfEntry(entry: Entry, settings: LdapSettings): Fields {
  const profile: Fields = {};
  const byName = new Map(Object.entries(entry).map(([name, value]) => [name.toLowerCase(), value]));
  for (const [field, attribute] of Object.entries(settings.attributes)) {
    const values = [byName.get(attribute.toLowerCase()) ?? []].flat();
    const [first = null] = values.map(textOf);
    const [, object, key] = METADATA.exec(field) ?? [];
    if (object === undefined || key === undefined) {
      profile[field] = BOOLEANS.has(field) ? booleanOf(first, attribute) : first;
      continue;
    }
    if (first === null) continue;
    const known = profile[object];
    const value = values.length > 1 ? values.map(textOf) : first;
    profile[object] = { ...(typeof known === 'object' && known), [key]: value };
  }
  if (settings.areEmailsVerified) profile.email_verified ??= true;
  return profile;
}

function textOf(value: Buffer | string): string {
  return Buffer.isBuffer(value) ? value.toString('hex') : value;
}

/** LDAP writes TRUE and FALSE (RFC 4517, 3.3.3), Active Directory a number of flags. */
function booleanOf(text: string | null, attribute: string): boolean | string | null {
  if (text === null) return null;
  if (attribute.toLowerCase() === 'useraccountcontrol') return (Number(text) & DISABLED) !== 0;
  if (/^true$/i.test(text)) return true;
  return /^false$/i.test(text) ? false : text;
}
