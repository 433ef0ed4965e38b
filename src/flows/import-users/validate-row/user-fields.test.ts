import { expect, test } from 'vitest';
import { readRows, show } from '../../../../test/fixtures/read-rows.ts';
import { identifiersOf } from '../../../records/connections/connections.ts';
import { userCsvColumn } from './user-fields.ts';
import { validateRow } from './validate-row.ts';

/** A connection whose users have usernames. */
const RULES = identifiersOf({
  options: { requires_username: true, validation: { username: { min: 1, max: 128 } } },
});

const HEX = '1'.repeat(64);

test('a CSV of users becomes users with nested metadata and hashes', async () => {
  const header = [
    'email,email_verified,user_id,phone_number',
    'app_metadata.a.b,user_metadata.n,user_metadata.zip,mfa_factors',
    'custom_password_hash.algorithm,custom_password_hash.hash.value,custom_password_hash.hash.encoding',
    'custom_password_hash.salt.value,custom_password_hash.keylen',
  ].join(',');
  const line = `Ann@example.com,TRUE,0042,+14155550100,true,12.5,01234,"[{""totp"":{""secret"":""ABCD""}}]",scrypt,${HEX},hex,123,32`;
  const { rows } = await readRows(`${header}\n${line}\nben@example.com,,,,,,,,,,,,\n`, {
    csvColumn: userCsvColumn,
  });
  const verdicts = rows.map((row) => (row.kind === 'row' ? validateRow(row.raw, RULES) : row));
  expect(verdicts).toMatchObject([
    {
      kind: 'user',
      user: {
        email: 'ann@example.com',
        emailVerified: true,
        userId: '0042',
        phoneNumber: '+14155550100',
        appMetadata: { a: { b: true } },
        userMetadata: { n: 12.5, zip: '01234' },
        mfaFactors: [{ totp: { secret: 'ABCD' } }],
        password: { algorithm: 'scrypt', hash: { value: HEX }, salt: { value: '123' }, keylen: 32 },
      },
    },
    { kind: 'user', user: { email: 'ben@example.com', emailVerified: undefined } },
  ]);
});

test('whole objects may stand in one cell, and unknown columns keep their names', async () => {
  const { rows } = await readRows(
    'email;user_metadata;custom_password_hash;foo.bar\na@example.com;"{""a"":1}";"{""algorithm"":""md5""}";x\n',
    { csvColumn: userCsvColumn },
  );
  expect(show(rows)).toEqual([
    '{"email":"a@example.com","user_metadata":{"a":1},"custom_password_hash":{"algorithm":"md5"},"foo.bar":"x"}',
  ]);
});

test.each([
  ['E-Mail', 'Vorname', 'Nachname', 'Telefon'],
  ['Mail', 'First name', 'Last Name', 'Phone number'],
  [' e_mail ', 'GIVEN-NAME', 'Surname', 'mobile'],
  ['E‑Mail-Adresse', 'first_name', 'Familienname', 'Handy'],
])('the columns %s, %s, %s and %s are mapped', async (...names) => {
  const { rows } = await readRows(`${names.join(';')}\na@example.com;Ann;Lee;+49171\n`, {
    csvColumn: userCsvColumn,
    csvKeyColumns: ['email'],
  });
  expect(JSON.parse(show(rows)[0] ?? '')).toEqual({
    email: 'a@example.com',
    given_name: 'Ann',
    family_name: 'Lee',
    phone_number: '+49171',
  });
});

test.each([
  ['+49 (171) 123-4567', '+491711234567'],
  ["'+49 (0)171/1234567", '+491711234567'],
  ['0033 6 12 34 56 78', '+33612345678'],
  ['0171/9876543', '0171/9876543'],
])('the phone number %s of a table is read as %s', async (typed, kept) => {
  const { rows } = await readRows(`email;Telefon\na@example.com;${typed}\n`, {
    csvColumn: userCsvColumn,
  });
  expect(show(rows)).toEqual([`{"email":"a@example.com","phone_number":"${kept}"}`]);
});

test('two columns about the same field are refused with both names', async () => {
  const { end } = await readRows('E-Mail,Mail\na@example.com,b@example.com\n', {
    csvColumn: userCsvColumn,
  });
  expect(end).toMatchObject({
    code: 'INVALID_HEADER',
    message: expect.stringMatching(/"E-Mail" and "Mail" set the same field/),
  });
});
