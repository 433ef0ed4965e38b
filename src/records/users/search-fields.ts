import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { dateConditions, folded } from '../../platform/db/db.ts';
import { canonicalEmail } from '../../platform/email-address/email-address.ts';
import { canonicalIdentifier } from '../../platform/login-identifier/login-identifier.ts';
import { canonicalPhoneNumber } from '../../platform/phone-number/phone-number.ts';
import {
  type SearchBound,
  type SearchPiece,
  type SearchTerm,
  UnsearchableError,
} from '../../platform/search-query/search-query.ts';

export type Condition = RawBuilder<SqlBool>;

/** How the terms of one field become SQL. */
export type Field = {
  exists: Condition;
  equals(value: string, at: number): Condition;
  pattern(pieces: SearchPiece[], at: number): Condition;
  range(from: SearchBound, to: SearchBound, at: number): Condition;
};

type Text = RawBuilder<string>;

/** Byte order, as in the indexes: they serve ranges and prefixes whatever the database's collation is. */
const inBytes = (value: Text): Text => sql<string>`(${value} collate "C")`;
const column = (name: string): Text => sql<string>`${sql.ref(`users.${name}`)}`;

/**
 * A text field with exact comparison.
 * @param fold converts a value to the form of `stored`
 * @param foldPattern converts the text beside wildcards
 */
function textField(
  stored: Text,
  fold: (value: string) => Text,
  { exists, foldPattern = fold }: { exists?: Condition; foldPattern?: typeof fold } = {},
): Field {
  return {
    exists: exists ?? sql<SqlBool>`${stored} is not null`,
    equals: (value) => sql`${stored} = ${fold(value)}`,
    pattern: (pieces, at) => sql`${stored} like ${foldPattern(likePattern(pieces, at))}`,
    range: (from, to) => between(inBytes(stored), from, to, (bound) => fold(bound.value)),
  };
}

const asTyped = (value: string): Text => sql<string>`${value}::text`;
const asKept = (value: string): Text => asTyped(canonicalIdentifier(value));
/** Returns a phone number in its stored form, from any notation. */
const asNumber = (value: string): Text => asTyped(canonicalPhoneNumber(value) ?? value);
const inLowerCase = (value: string): Text => asTyped(value.normalize('NFC').toLowerCase());
/** Returns a complete domain in its stored form. `*@bücher.example` has one after the @. */
const domainAsKept = (value: string): Text => {
  const [, before = '', domain = ''] = /^(.*@)?([^@]*)$/s.exec(value) ?? [];
  const kept = canonicalEmail(`x@${domain}`)?.slice(2) ?? domain;
  return inLowerCase(`${before}${kept}`);
};
const addressField = (stored: Text): Field =>
  textField(stored, asKept, { foldPattern: domainAsKept });

/** Names are stored as written and found in any case. The database folds both sides. */
function foldedField(name: string): Field {
  return textField(folded(column(name)), (value) => folded(asTyped(value)), {
    exists: sql<SqlBool>`${column(name)} is not null`,
  });
}

function booleanField(name: string): Field {
  return {
    exists: sql`${column(name)} is not null`,
    equals(value, at) {
      if (value !== 'true' && value !== 'false') {
        throw new UnsearchableError(`${name} must be true or false`, at);
      }
      return sql`${column(name)} = ${value === 'true'}`;
    },
    pattern: noPattern(name),
    range: noRange(name),
  };
}

function countField(name: string): Field {
  const read = (value: string, at: number): number => {
    if (/^-?\d{1,9}$/.test(value)) return Number(value);
    throw new UnsearchableError(`${name} must be a whole number`, at);
  };
  return {
    // In the API the field is absent while it is 0.
    exists: sql`${column(name)} > 0`,
    equals: (value, at) => sql`${column(name)} = ${read(value, at)}::integer`,
    pattern: noPattern(name),
    range: (from, to, at) =>
      between(column(name), from, to, (bound) => sql`${read(bound.value, at)}::integer`),
  };
}

function momentField(name: string): Field {
  return {
    exists: sql`${column(name)} is not null`,
    ...dateConditions(column(name), name),
    pattern: noPattern(name),
  };
}

/** Users with a linked identity that matches a condition on `linked`. */
const byLinked = (condition: Condition): Condition => sql`users.id in (${linkedTo(condition)})`;

/** Works as {@link byLinked}, for few matches: with an array the planner can use the index beside an `or`, but it scans the array. */
const byFewLinked = (condition: Condition): Condition =>
  sql`users.id = any(array(${linkedTo(condition)}))`;

const linkedTo = (condition: Condition) => sql`
  select linked.linked_to from users as linked where linked.linked_to is not null and ${condition}`;

/** A field of the connections of a user's identities: all users of a connection have the same value. */
function storeField(name: string, stored: Text): Field {
  const stores = (condition: Condition): Condition => {
    const ids = sql`(select connections.id from connections where ${condition})`;
    return anyOf([
      sql`users.connection_id in ${ids}`,
      byLinked(sql`linked.connection_id in ${ids}`),
    ]);
  };
  return {
    exists: sql`true`,
    equals: (value) => stores(sql`${stored} = ${value}::text`),
    pattern: (pieces, at) => stores(sql`${stored} like ${likePattern(pieces, at)}::text`),
    range: noRange(name),
  };
}

/** An identity's id is `<provider>|<id at the provider>`. With the connections' providers the index on ids is used. */
const identityId: Field = {
  exists: sql`true`,
  equals(value) {
    const ids = sql`array(select connections.strategy || '|' || ${value}::text from connections)`;
    return anyOf([sql`users.id = any(${ids})`, byFewLinked(sql`linked.id = any(${ids})`)]);
  },
  pattern(pieces, at) {
    const like = sql`like ${likePattern(pieces, at)}::text`;
    return anyOf([
      sql`substr(users.id, strpos(users.id, '|') + 1) ${like}`,
      byLinked(sql`substr(linked.id, strpos(linked.id, '|') + 1) ${like}`),
    ]);
  },
  range: noRange('identities.user_id'),
};

/** A field of a linked identity's profile. */
function profileField(
  name: string,
  fold: (value: string) => Text,
  foldPattern: (value: string) => Text = fold,
): Field {
  const stored = sql.ref<string>(`linked.${name}`);
  return {
    exists: byLinked(sql`${stored} is not null`),
    equals: (value) => byLinked(sql`${stored} = ${fold(value)}`),
    pattern: (pieces, at) => byLinked(sql`${stored} like ${foldPattern(likePattern(pieces, at))}`),
    range: noRange(`identities.profileData.${name}`),
  };
}

const emailDomain = textField(sql<string>`split_part(users.email, '@', -1)`, domainAsKept, {
  exists: sql<SqlBool>`users.email is not null`,
  foldPattern: inLowerCase,
});

export const FIELDS: ReadonlyMap<string, Field> = new Map([
  ['user_id', textField(column('id'), asTyped)],
  ['email', addressField(column('email'))],
  ['email.domain', emailDomain],
  ['email_verified', booleanField('email_verified')],
  ['username', textField(column('username'), asTyped)],
  ['phone_number', textField(column('phone_number'), asNumber, { foldPattern: asTyped })],
  ['phone_verified', booleanField('phone_verified')],
  ['name', foldedField('name')],
  ['given_name', foldedField('given_name')],
  ['family_name', foldedField('family_name')],
  ['nickname', foldedField('nickname')],
  ['blocked', booleanField('blocked')],
  ['created_at', momentField('created_at')],
  ['updated_at', momentField('updated_at')],
  ['last_login', momentField('last_login')],
  ['last_ip', textField(column('last_ip'), asTyped)],
  ['logins_count', countField('logins_count')],
  ['identities.connection', storeField('identities.connection', sql`connections.name`)],
  ['identities.provider', storeField('identities.provider', sql`connections.strategy`)],
  ['identities.user_id', identityId],
  ['identities.profileData.email', profileField('email', asKept, domainAsKept)],
  ['identities.profileData.username', profileField('username', asTyped)],
  ['identities.profileData.phone_number', profileField('phone_number', asNumber, asTyped)],
]);

/** Fields to search for a term without a field. */
export const DEFAULT_FIELDS: readonly string[] = [
  'user_id',
  'email',
  'username',
  'phone_number',
  'name',
  'given_name',
  'family_name',
  'nickname',
];

/** Returns the condition of one term on one field. */
export function onField(field: Field, term: SearchTerm): Condition {
  switch (term.kind) {
    case 'exists':
      return field.exists;
    case 'equals':
      return field.equals(term.value, term.at);
    case 'pattern':
      return field.pattern(term.pieces, term.at);
    case 'range':
      return field.range(term.from, term.to, term.at);
  }
}

/** Combines at least one condition with `and`. */
export function allOf(parts: Condition[]): Condition {
  return sql`(${sql.join(parts, sql` and `)})`;
}

export function anyOf(parts: Condition[]): Condition {
  return sql`(${sql.join(parts, sql` or `)})`;
}

function between(
  stored: RawBuilder<unknown>,
  from: SearchBound,
  to: SearchBound,
  value: (bound: { value: string }) => RawBuilder<unknown>,
): Condition {
  const parts: Condition[] = [];
  if (from) parts.push(sql`${stored} ${sql.raw(from.inclusive ? '>=' : '>')} ${value(from)}`);
  if (to) parts.push(sql`${stored} ${sql.raw(to.inclusive ? '<=' : '<')} ${value(to)}`);
  return parts.length === 0 ? sql`${stored} is not null` : allOf(parts);
}

/** Converts wildcards to a LIKE pattern. A leading one reads every row, so it needs enough other characters. */
function likePattern(pieces: SearchPiece[], at: number): string {
  requireSelectivePattern(pieces, at);
  return pieces
    .map((piece) =>
      piece.kind === 'text'
        ? piece.text.replaceAll(/[\\%_]/g, '\\$&')
        : piece.kind === 'any'
          ? '%'
          : '_',
    )
    .join('');
}

/** @throws UnsearchableError if the pattern begins with a wildcard and has fewer than 3 other characters in a row */
export function requireSelectivePattern(pieces: SearchPiece[], at: number): void {
  if (pieces[0]?.kind === 'text') return;
  if (pieces.some((piece) => piece.kind === 'text' && [...piece.text].length >= 3)) return;
  throw new UnsearchableError(
    'A term that begins with a wildcard needs at least 3 other characters in a row',
    at,
  );
}

function noPattern(name: string) {
  return (_pieces: SearchPiece[], at: number): never => {
    throw new UnsearchableError(`Wildcards are not supported for ${name}`, at);
  };
}

function noRange(name: string) {
  return (_from: SearchBound, _to: SearchBound, at: number): never => {
    throw new UnsearchableError(`Ranges are not supported for ${name}`, at);
  };
}
