import { randomBytes, randomInt } from 'node:crypto';
import { decodeJwt } from 'jose';
import { beforeAll, expect, test } from 'vitest';
import { transaction } from '../../src/platform/db/db.ts';
import { enableClients, insertConnection } from '../../src/records/connections/connections.ts';
import { findAccount, linkUser, updateUser } from '../../src/records/users/users.ts';
import { freshDatabase } from '../harness/harness.ts';
import { aClient, aUser, type Door, openDoor, postToken, type Tokens } from './fixture.ts';

const GRANT = 'http://auth0.com/oauth/grant-type/passwordless/otp';
const STORE = `con_${randomBytes(8).toString('hex')}`;

let door: Door;
let app: { id: string; secret: string };
const texts = new Map<string, string>();

beforeAll(async () => {
  const send = async ({ to, text }: { to: string; text: string }) => {
    texts.set(to, text);
    return { kind: 'sent' } as const;
  };
  door = await openDoor(await freshDatabase(), { smsSender: async () => ({ send }) });
  app = await aClient(door, { grantTypes: [GRANT] });
  const now = new Date();
  await insertConnection(door.database.db, {
    id: STORE,
    name: STORE,
    displayName: null,
    strategy: 'sms',
    options: {},
    metadata: null,
    realms: [],
    settings: {},
    createdAt: now,
    updatedAt: now,
  });
  await enableClients(door.database.db, STORE, [app.id]);
  return () => door.close();
});

/** Returns a phone number that an operator has stored as an identity of a user with another login. */
async function aLinkedPhone() {
  const phoneNumber = `+49170${randomInt(1_000_000, 9_999_999)}`;
  const person = await aUser(door);
  const fields = { connectionId: STORE, provider: 'sms', phoneNumber, phoneVerified: false };
  const { id } = await aUser(door, { ...fields, email: null });
  const { db } = door.database;
  const link = { userId: person.id, identityId: id, now: new Date() };
  expect(await transaction(db, (tx) => linkUser(tx, link))).toEqual({ kind: 'linked' });
  return { person, phoneNumber, identityId: id };
}

async function logInWith<T>(phoneNumber: string) {
  const client = { client_id: app.id, client_secret: app.secret };
  const started = await fetch(`${door.url}/passwordless/start`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...client, connection: STORE, phone_number: phoneNumber, send: 'code' }),
  });
  expect(started.status).toBe(200);
  const otp = /\d{4,}/.exec(texts.get(phoneNumber) ?? '')?.[0];
  const scope = 'openid';
  return postToken<T>(door, {
    ...client,
    grant_type: GRANT,
    realm: STORE,
    username: phoneNumber,
    otp,
    scope,
  });
}

test('a code for the number of a linked identity logs the primary user in', async () => {
  const { db } = door.database;
  const { person, phoneNumber, identityId } = await aLinkedPhone();
  expect((await findAccount(db, identityId))?.phoneVerified).toBe(false);
  const { status, body } = await logInWith<Tokens>(phoneNumber);
  expect(status, JSON.stringify(body)).toBe(200);
  expect(decodeJwt(body.id_token).sub).toBe(person.id);
  expect(await findAccount(db, identityId)).toMatchObject({
    phoneNumber,
    phoneVerified: true,
    linkedTo: person.id,
  });
  expect((await findAccount(db, person.id))?.phoneVerified).not.toBe(true);
});

test('a code for a blocked identity logs nobody in, even the first one', async () => {
  const { phoneNumber, identityId } = await aLinkedPhone();
  await updateUser(door.database.db, identityId, { blocked: true }, new Date());
  expect(await logInWith(phoneNumber)).toMatchObject({
    status: 403,
    body: { error: 'unauthorized', error_description: 'user is blocked' },
  });
});
