import { ManagementClient } from 'auth0';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BOOTSTRAP, type TestServer } from '../harness/harness.ts';
import { plainBrowser } from '../harness/plain-browser.ts';
import { createUser } from '../harness/registered.ts';
import { linkIn } from '../harness/smtp-sink.ts';
import { otpAt, SECRET, wrongOtp } from '../second-factors/factors.ts';
import { type Certificate, startTlsServer } from './https.ts';

// Second factors through the official SDK of the management API, over TLS.
let server: TestServer;
let certificate: Certificate;
let management: ManagementClient;

beforeAll(async () => {
  ({ server, certificate } = await startTlsServer());
  management = new ManagementClient({
    domain: new URL(server.url).host,
    clientId: BOOTSTRAP.id,
    clientSecret: BOOTSTRAP.secret,
  });
});

afterAll(() => certificate?.remove());

test('factors and policies are switched', async () => {
  const { guardian } = management;
  const before = await guardian.factors.list();
  expect(before.map(({ name }) => name)).toEqual([
    'sms',
    'push-notification',
    'otp',
    'email',
    'duo',
    'webauthn-roaming',
    'webauthn-platform',
    'recovery-code',
  ]);
  expect(before.every(({ enabled, trial_expired }) => !enabled && trial_expired === false)).toBe(
    true,
  );
  expect(await guardian.factors.set('otp', { enabled: true })).toEqual({ enabled: true });
  expect(
    (await guardian.factors.list()).filter((guardianFactor) => guardianFactor.enabled),
  ).toEqual([{ name: 'otp', enabled: true, trial_expired: false }]);
  expect(await guardian.policies.list()).toEqual([]);
  expect(await guardian.policies.set(['all-applications'])).toEqual(['all-applications']);
  expect(await guardian.policies.list()).toEqual(['all-applications']);
  await guardian.policies.set([]);
});

test('phone messages and providers are set, and no secret is returned', async () => {
  const { phone, sms, duo, pushNotification } = management.guardian.factors;
  expect(await phone.setMessageTypes({ message_types: ['sms', 'voice'] })).toEqual({
    message_types: ['sms', 'voice'],
  });
  expect(await phone.getMessageTypes()).toEqual({ message_types: ['sms', 'voice'] });
  await phone.setMessageTypes({ message_types: ['sms'] });
  expect(await sms.setProvider({ provider: 'twilio' })).toEqual({ provider: 'twilio' });
  expect(await phone.getSelectedProvider()).toEqual({ provider: 'twilio' });
  const texts = { enrollment_message: 'Welcome: {{code}}', verification_message: 'Code: {{code}}' };
  expect(await sms.setTemplates(texts)).toEqual(texts);
  expect(await phone.getTemplates()).toEqual(texts);
  await expect(
    phone.setTemplates({ ...texts, verification_message: '{{ code' }),
  ).rejects.toMatchObject({ statusCode: 400 });

  const twilio = { from: '+15005550006', sid: 'AC123', auth_token: 'a-secret-token' };
  const shown = { from: '+15005550006', sid: 'AC123' };
  expect(await phone.setTwilioProvider(twilio)).toEqual(shown);
  expect(await sms.getTwilioProvider()).toEqual(shown);
  // Duo and push notifications cannot be enabled, so they have no settings.
  expect(await duo.settings.get()).toEqual({});
  expect(await pushNotification.getSelectedProvider()).toEqual({ provider: 'guardian' });
  await expect(duo.settings.set({ ikey: 'ik', skey: 'a-secret-key' })).rejects.toMatchObject({
    statusCode: 400,
  });
  await expect(pushNotification.setProvider({ provider: 'sns' })).rejects.toMatchObject({
    statusCode: 400,
  });
});

test("a user's methods are added, shown masked, changed and removed", async () => {
  const { userId } = await createUser(server);
  const methods = management.users.authenticationMethods;
  expect((await methods.list(userId)).data).toEqual([]);
  const mail = await methods.create(userId, {
    type: 'email',
    name: 'Test',
    email: 'chuckles@example.com',
  });
  expect(mail).toEqual({
    id: expect.stringMatching(/^email\|dev_[A-Za-z0-9]{16}$/),
    type: 'email',
    name: 'Test',
    email: 'chuc****@exam*******',
    created_at: expect.stringMatching(/^\d{4}-.*Z$/),
  });
  const phone = await methods.create(userId, {
    type: 'phone',
    phone_number: '+19195555044',
    preferred_authentication_method: 'sms',
  });
  expect(phone).toMatchObject({
    type: 'phone',
    phone_number: 'XXXXXXXX5044',
    preferred_authentication_method: 'sms',
  });
  expect(phone.authentication_methods).toEqual([
    { id: String(phone.id).replace('phone|', 'sms|'), type: 'sms' },
  ]);
  const totp = await methods.create(userId, { type: 'totp', name: 'App', totp_secret: SECRET });
  expect(totp).toEqual({
    id: expect.stringMatching(/^totp\|dev_/),
    type: 'totp',
    name: 'App',
    created_at: expect.any(String),
  });
  await expect(
    methods.create(userId, { type: 'email', email: 'Chuckles@example.com' }),
  ).rejects.toMatchObject({ statusCode: 409 });
  await expect(
    methods.create(userId, { type: 'totp', totp_secret: 'not base32!' }),
  ).rejects.toMatchObject({ statusCode: 400 });
  await expect(
    methods.create('auth0|nobody', { type: 'totp', totp_secret: SECRET }),
  ).rejects.toMatchObject({ statusCode: 404 });

  const list = await methods.list(userId);
  expect(list.data.map(({ type, confirmed }) => [type, confirmed])).toEqual([
    ['email', true],
    ['phone', true],
    ['totp', true],
  ]);
  expect(JSON.stringify(list.data)).not.toContain(SECRET);
  expect(await methods.update(userId, String(totp.id), { name: 'Old app' })).toMatchObject({
    name: 'Old app',
  });
  expect(await methods.get(userId, String(totp.id))).toMatchObject({
    type: 'totp',
    name: 'Old app',
    confirmed: true,
  });
  expect(
    (await management.users.enrollments.get(userId)).map(({ status, auth_method }) => [
      status,
      auth_method,
    ]),
  ).toEqual([
    ['confirmed', undefined],
    ['confirmed', 'sms'],
    ['confirmed', 'authenticator'],
  ]);
  await methods.delete(userId, String(mail.id));
  await expect(methods.delete(userId, String(mail.id))).rejects.toMatchObject({ statusCode: 404 });

  const replaced = await methods.set(userId, [
    { type: 'phone', phone_number: '+19195555055' },
    { type: 'totp', totp_secret: SECRET },
  ]);
  expect(replaced.map(({ type }) => type)).toEqual(['phone', 'totp']);
  await expect(
    methods.set(userId, [
      { type: 'email', email: 'a@example.test' },
      { type: 'email', email: 'a@example.test' },
    ]),
  ).rejects.toMatchObject({ statusCode: 409 });
  // They have the same timestamp, so their ids give the order.
  expect((await methods.list(userId)).data.map(({ id }) => id).sort()).toEqual(
    replaced.map(({ id }) => id).sort(),
  );

  const { recovery_code } = await management.users.regenerateRecoveryCode(userId);
  expect(recovery_code).toMatch(/^[A-Z0-9]{24}$/);
  await management.users.multifactor.invalidateRememberBrowser(userId);
  await management.users.multifactor.deleteProvider(userId, 'google-authenticator');
  expect((await methods.list(userId)).data.map(({ type }) => type)).toEqual([
    'phone',
    'recovery-code',
  ]);
  await management.users.authenticators.deleteAll(userId);
  expect((await methods.list(userId)).data).toEqual([]);
  await expect(management.users.regenerateRecoveryCode(userId)).rejects.toMatchObject({
    statusCode: 404,
  });
});

test('an enrollment ticket is mailed, works once, and its enrollment can be deleted', async () => {
  await management.guardian.factors.set('otp', { enabled: true });
  const { userId, email } = await createUser(server);
  const { ticket_id, ticket_url } = await management.guardian.enrollments.createTicket({
    user_id: userId,
    send_mail: true,
    email_locale: 'de',
    factor: 'otp',
  });
  expect(ticket_url).toBe(`${server.url}/u/mfa-enrollment?ticket=${ticket_id}`);
  const mail = await server.sink.waitForMail(email);
  expect(linkIn(mail).replace(/#$/, '')).toBe(ticket_url);

  const browser = plainBrowser();
  const first = await browser.open(String(ticket_url));
  const page = new URL(String(first.headers.get('location')), server.url).href;
  const { page: html } = await browser.open(page);
  const secret = (/<code class="copy">([^<]+)</.exec(html)?.[1] ?? '').replaceAll(' ', '');
  expect((await browser.submit(page, { code: wrongOtp(secret, new Date()) })).status).toBe(400);
  const done = await browser.submit(page, { code: otpAt(secret, new Date()) });
  expect([done.status, done.headers.get('location')]).toEqual([
    303,
    expect.stringMatching(/^\/u\/done\?what=mfa/),
  ]);
  const again = await browser.open(page);
  expect(again.status).toBe(410);
  const [enrollment] = await management.users.enrollments.get(userId);
  const id = String(enrollment?.id);
  expect(await management.guardian.enrollments.get(id)).toMatchObject({ id, status: 'confirmed' });
  await management.guardian.enrollments.delete(id);
  await expect(management.guardian.enrollments.get(id)).rejects.toMatchObject({
    statusCode: 404,
    body: { errorCode: 'enrollment_not_found', message: 'Enrollment not found' },
  });
});
