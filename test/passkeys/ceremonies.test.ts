import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import {
  beginPasskeyOffer,
  endPasskeyOffer,
} from '../../src/flows/register-passkey/register-passkey.ts';
import { sweepLeftovers } from '../../src/flows/sweep-leftovers/sweep-leftovers.ts';
import { systemClock } from '../../src/platform/clock/clock.ts';
import { transaction } from '../../src/platform/db/db.ts';
import { duringRequest, noteVersion } from '../../src/platform/request-context/request-context.ts';
import { findPasskey } from '../../src/records/authentication-methods/authentication-methods.ts';
import { endSessionsOf } from '../../src/records/oidc-payloads/oidc-payloads.ts';
import { findPendingLogin } from '../../src/records/pending-logins/pending-logins.ts';
import {
  finishRegistration,
  type PasskeyDeps,
  relyingPartyOf,
} from '../../src/steps/verify-passkey/verify-passkey.ts';
import { atOnce } from '../harness/factories.ts';
import { freshDatabase } from '../harness/harness.ts';
import { type Authenticator, newAuthenticator } from './authenticator.ts';
import { type Ceremonies, ceremoniesWith } from './ceremony.ts';

const ORIGIN = 'https://login.meadow.test';
const SIXTEEN = 16;

let deps: PasskeyDeps;
let now = new Date();
let aPerson: Ceremonies['aPerson'];
let aPasskey: Ceremonies['aPasskey'];
let begin: Ceremonies['begin'];
let store: Ceremonies['store'];
let challenge: Ceremonies['challenge'];
let prove: Ceremonies['prove'];

beforeAll(async () => {
  const { db } = await freshDatabase();
  deps = { db, clock: { ...systemClock, now: () => now }, publicUrl: ORIGIN };
  ({ aPerson, aPasskey, begin, store, challenge, prove } = ceremoniesWith(deps));
});

async function tried(
  authenticator: Authenticator,
  tricks: Parameters<Authenticator['authenticate']>[1],
) {
  return (await prove(authenticator.authenticate(await challenge(), tricks))).kind;
}

test('a passkey is registered, asked for without a name, and counted', async () => {
  const { user, authenticator, passkey } = await aPasskey();
  expect(passkey).toMatchObject({
    kind: 'passkey',
    relyingParty: 'login.meadow.test',
    publicKey: authenticator.publicKey,
    transports: ['internal'],
  });
  expect(Buffer.from(passkey.userHandle, 'base64url')).toHaveLength(32);
  const options = await challenge();
  expect(options).toMatchObject({ rpId: 'login.meadow.test', userVerification: 'required' });
  expect(options.allowCredentials).toEqual([]);
  expect(Buffer.from(options.challenge, 'base64url')).toHaveLength(32);
  const proved = await prove(authenticator.authenticate(options));
  expect(proved).toMatchObject({ kind: 'proved', isUserVerified: true });
  expect((await findPasskey(deps.db, passkey))?.credential?.counter).toBe(1);
  expect(proved.kind === 'proved' && proved.method.userId).toBe(user.id);
});

test('a registration asks for a passkey that the authenticator keeps and verifies the user for', async () => {
  const { user, passkey } = await aPasskey();
  const options = await begin(user.id);
  expect(options).toMatchObject({
    attestation: 'none',
    excludeCredentials: [{ id: passkey.credentialId }],
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  });
  expect(options.user.id, 'one handle per user').toBe(passkey.userHandle);
  const other = await begin((await aPerson()).id);
  expect(other.user.id).not.toBe(passkey.userHandle);
});

test('an answer counts once, in this browser and within five minutes', async () => {
  const { authenticator } = await aPasskey();
  const answer = authenticator.authenticate(await challenge());
  expect((await prove(answer, 'passkey', 'another browser')).kind).toBe('over');
  expect((await prove(answer, 'webauthn-roaming')).kind).toBe('over');
  expect((await prove(answer)).kind).toBe('proved');
  expect((await prove(answer)).kind).toBe('over');
  const late = authenticator.authenticate(await challenge());
  now = new Date(now.getTime() + 300_000);
  expect((await prove(late)).kind).toBe('over');
});

test.each([
  ['another origin', { origin: 'https://login.meadow.test.evil.test' }],
  ['another domain', { rpId: 'meadow.test' }],
  ['no user verification', { isVerified: false }],
  ['nobody present', { isPresent: false }],
  ['another ceremony', { type: 'webauthn.create' }],
  ['the handle of another user', { userHandle: randomBytes(32).toString('base64url') }],
  ['no handle', { userHandle: null }],
])('a proof with %s is refused', async (_what, tricks) => {
  const { authenticator } = await aPasskey();
  expect(await tried(authenticator, tricks)).toBe('invalid');
  expect(await tried(authenticator, {})).toBe('proved');
});

test('a proof with the key of another credential is refused', async () => {
  const [ada, eve] = [await aPasskey(), await aPasskey()];
  const { credentialId, userHandle } = ada.passkey;
  expect(await tried(eve.authenticator, { credentialId, userHandle })).toBe('invalid');
  const nobody = { credentialId: randomBytes(16).toString('base64url') };
  expect(await tried(eve.authenticator, nobody)).toBe('unknown');
});

test('a counter that does not grow shows a copy', async () => {
  const { authenticator } = await aPasskey();
  expect(await tried(authenticator, { counter: 7 })).toBe('proved');
  expect(await tried(authenticator, { counter: 7 })).toBe('copied');
  expect(await tried(authenticator, { counter: 0 })).toBe('copied');
  expect(await tried(authenticator, { counter: 8 })).toBe('proved');
});

test('an authenticator without a counter is no copy', async () => {
  const { authenticator } = await aPasskey();
  expect(await tried(authenticator, { counter: 0 })).toBe('proved');
  expect(await tried(authenticator, { counter: 0 })).toBe('proved');
});

test.each([
  ['another origin', { origin: 'http://login.meadow.test' }],
  ['another domain', { rpId: 'evil.test' }],
  ['no user verification', { isVerified: false }],
  ['another ceremony', { type: 'webauthn.get' }],
])('a registration with %s is refused', async (_what, tricks) => {
  const user = await aPerson();
  const answer = newAuthenticator(ORIGIN).register(await begin(user.id), tricks);
  const outcome = await finishRegistration(deps, { kind: 'passkey', boundTo: 'here', answer });
  expect(outcome.kind).toBe('invalid');
});

test('a registration with certificates is not read, because they name addresses to open', async () => {
  const user = await aPerson();
  const attestation = {
    fmt: 'packed',
    attStmt: { alg: -7, sig: randomBytes(70), x5c: [randomBytes(300)] },
  };
  const answer = newAuthenticator(ORIGIN).register(await begin(user.id), { attestation });
  const outcome = await finishRegistration(deps, { kind: 'passkey', boundTo: 'here', answer });
  expect(outcome.kind).toBe('malformed');
});

test.each([
  '',
  'null',
  '[]',
  '{}',
  '{"id":"a","response":null}',
  '{"id":"a","response":{"clientDataJSON":"e30"}}',
  `{"id":"${'a'.repeat(20_000)}"}`,
  `${'['.repeat(8000)}`,
])('an answer that is none is refused (%#)', async (answer) => {
  expect((await prove(answer)).kind).toBe('malformed');
  const input = { kind: 'passkey', boundTo: 'here', answer } as const;
  expect((await finishRegistration(deps, input)).kind).toBe('malformed');
});

test('a credential belongs to one user', async () => {
  const { user, passkey } = await aPasskey();
  expect((await store(user.id, passkey)).kind).toBe('duplicate');
  expect((await store((await aPerson()).id, passkey)).kind).toBe('duplicate');
});

test('a login that was ended in the meantime registers nothing', async () => {
  const user = await aPerson();
  const { passkey } = await aPasskey();
  const fresh = { ...passkey, credentialId: randomBytes(16).toString('base64url') };
  const context = { ip: '', userAgent: null, hostname: null, clientLibrary: null };
  const outcome = await duringRequest(context, async () => {
    noteVersion(user.id, 0);
    await duringRequest({ ...context }, () =>
      transaction(deps.db, (tx) => endSessionsOf(tx, user.id)),
    );
    return store(user.id, fresh);
  });
  expect(outcome.kind).toBe('gone');
  expect(await findPasskey(deps.db, fresh)).toBeNull();
  expect((await store('auth0|nobody', fresh)).kind).toBe('gone');
});

test('a security key is asked for by name, and only of its user', async () => {
  const { user, authenticator, passkey } = await aPasskey('webauthn-roaming');
  const other = await aPasskey('webauthn-roaming');
  const options = await challenge('webauthn-roaming', user.id);
  expect(options.allowCredentials).toMatchObject([{ id: passkey.credentialId }]);
  const stranger = other.authenticator.authenticate(options);
  expect((await prove(stranger, 'webauthn-roaming')).kind).toBe('unknown');
  const again = await challenge('webauthn-roaming', user.id);
  const touched = authenticator.authenticate(again, { isVerified: false, userHandle: null });
  expect(await prove(touched, 'webauthn-roaming')).toMatchObject({
    kind: 'proved',
    isUserVerified: false,
  });
});

test('a login has one challenge at a time, so that it leaves one row', async () => {
  const { authenticator } = await aPasskey();
  const [first, second] = [await challenge(), await challenge()];
  const { rows } = await sql`select 1 from webauthn_challenges
    where ceremony = 'authentication' and expires_at > ${now} and user_id is null`.execute(deps.db);
  expect(rows).toHaveLength(1);
  expect((await prove(authenticator.authenticate(first))).kind).toBe('over');
  expect((await prove(authenticator.authenticate(second))).kind).toBe('proved');
});

test('of sixteen answers to the offer of a passkey, one ends the login', async () => {
  const user = await aPerson();
  await beginPasskeyOffer(deps, { interactionUid: `offer ${user.id}`, user, amr: ['pwd'] });
  const asked = { interactionUid: `offer ${user.id}`, now };
  expect(await findPendingLogin(deps.db, asked), 'no factor is awaited').toBeNull();
  const pending = await findPendingLogin(deps.db, { ...asked, waitsFor: 'passkey' });
  const ended = await atOnce(SIXTEEN, () => endPasskeyOffer(deps, pending?.id ?? ''));
  expect(ended.filter((amr) => amr !== null)).toEqual([['pwd']]);
});

test('expired challenges are deleted', async () => {
  await challenge();
  now = new Date(now.getTime() + 301_000);
  await sweepLeftovers({ ...deps, logRetentionDays: 1 });
  const { rows } = await sql`select 1 from webauthn_challenges`.execute(deps.db);
  expect(rows).toHaveLength(0);
});

test.each([
  ['https://login.meadow.test', 'login.meadow.test'],
  ['http://localhost:3000', 'localhost'],
  ['http://login.meadow.test', undefined],
  ['https://192.0.2.1', undefined],
  ['https://[2001:db8::1]:8443', undefined],
])('the domain of credentials at %s is %s', (publicUrl, id) => {
  expect(relyingPartyOf(publicUrl)?.id).toBe(id);
});
