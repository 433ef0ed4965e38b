import { beforeAll, describe, expect, test } from 'vitest';
import { aPerson } from '../harness/factories.ts';
import { type ManagementFixture, startManagementApi } from '../management-api/fixture.ts';

let api: ManagementFixture;

beforeAll(async () => {
  api = await startManagementApi();
  for (const strategy of ['email', 'sms']) {
    const made = await api.call('POST', '/connections', {
      name: strategy,
      strategy,
      enabled_clients: ['bootstrap'],
      options: { disable_signup: true },
    });
    expect(made.status).toBe(201);
  }
});

const pathOf = (id: string) => `/users/${encodeURIComponent(id)}`;
const create = (body: object) => api.call('POST', '/users', { verify_email: false, ...body });
let numbers = 0;
const aNumber = () => `+49151000${String(++numbers).padStart(5, '0')}`;

describe('in a passwordless connection, an operator', () => {
  test('creates an account for an e-mail', async () => {
    const { email } = aPerson();
    const made = await create({ connection: 'email', email, email_verified: true, name: 'Ada' });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ email, email_verified: true, name: 'Ada' });
    expect(made.body.user_id).toMatch(/^email\|[0-9a-f]{24}$/);
    expect(made.body.identities).toEqual([
      {
        connection: 'email',
        user_id: made.body.user_id.slice('email|'.length),
        provider: 'email',
        isSocial: false,
      },
    ]);
    const again = await create({ connection: 'email', email });
    expect([again.status, again.body.errorCode]).toEqual([409, 'auth0_idp_error']);
  });

  test('creates an account for a phone number, with an id of its own', async () => {
    const phone = aNumber();
    const made = await create({ connection: 'sms', phone_number: phone, user_id: 'legacy-7' });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ user_id: 'sms|legacy-7', phone_number: phone, name: phone });
  });

  test.each([
    ['email', { phone_number: '+4915112' }, "'Missing required property: email'."],
    ['sms', { email: 'ada@x.test' }, "'Missing required property: phone_number'."],
    ['email', { email: 'bea@x.test', password: 'Tulip-77-Canal' }, 'password'],
    ['email', { email: 'bea@x.test', username: 'bea' }, 'Cannot set username'],
  ])('in %s cannot create %j', async (connection, body, message) => {
    const answer = await create({ connection, ...body });
    expect(answer.status).toBe(400);
    expect(answer.body.message).toContain(message);
  });

  test('changes the address for the codes', async () => {
    const { body: byMail } = await create({ connection: 'email', email: aPerson().email });
    const { email } = aPerson();
    const moved = await api.call('PATCH', pathOf(byMail.user_id), { email, email_verified: true });
    expect(moved.status).toBe(200);
    expect(moved.body).toMatchObject({ email, email_verified: true });

    const { body: byPhone } = await create({ connection: 'sms', phone_number: aNumber() });
    const phone = aNumber();
    const called = await api.call('PATCH', pathOf(byPhone.user_id), { phone_number: phone });
    expect(called.body).toMatchObject({ phone_number: phone, phone_verified: false });
  });

  test('cannot leave a user without an address', async () => {
    const { body: byMail } = await create({ connection: 'email', email: aPerson().email });
    const { body: byPhone } = await create({ connection: 'sms', phone_number: aNumber() });
    for (const [id, body] of [
      [byMail.user_id, { email: null }],
      [byPhone.user_id, { phone_number: null }],
      [byPhone.user_id, { email_verified: true }],
    ]) {
      expect((await api.call('PATCH', pathOf(id), body)).status).toBe(400);
    }
  });

  test.each([
    '/jobs/verification-email',
    '/tickets/email-verification',
  ])('confirms an e-mail by %s if the identity is named', async (path) => {
    const { body: user } = await create({ connection: 'email', email: aPerson().email });
    const confirm = (more: object) => api.call('POST', path, { user_id: user.user_id, ...more });
    expect((await confirm({})).status).toBe(400);
    const identity = { provider: 'email', user_id: user.user_id.slice('email|'.length) };
    expect((await confirm({ identity })).status).toBe(201);
  });

  test('cannot set a password for a user there', async () => {
    const { body: user } = await create({ connection: 'email', email: aPerson().email });
    const answer = await api.call('POST', '/tickets/password-change', { user_id: user.user_id });
    expect([answer.status, answer.body.message]).toEqual([
      400,
      "The user's main connection does not support this operation.",
    ]);
  });

  test('cannot delete a user by an e-mail', async () => {
    const { email } = aPerson();
    const { body: user } = await create({ connection: 'email', email });
    const [connection] = (await api.call('GET', '/connections?name=email')).body;
    const path = `/connections/${connection.id}/users?email=${encodeURIComponent(email)}`;
    const { status, body } = await api.call('DELETE', path);
    expect([status, body?.message]).toEqual([400, 'Connection must be a database connection']);
    expect((await api.call('GET', pathOf(user.user_id))).status).toBe(200);
  });
});
