import { sql } from 'kysely';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { insertMethod } from '../../src/records/authentication-methods/authentication-methods.ts';
import { requireFactors } from '../../src/records/factor-settings/factor-settings.ts';
import { eventually } from '../harness/harness.ts';
import { claimsOf, made, openTab, type Person } from '../harness/world.ts';
import { otpAt, SECRET, wrongOtp } from './factors.ts';
import {
  GRANTS,
  openRuledWorld,
  pathOf,
  type RuledWorld,
  rightCode,
  verdict,
} from './ruled-world.ts';

const MULTI_FACTOR = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor';

let world: RuledWorld;

beforeAll(async () => {
  world = await openRuledWorld();
});

beforeEach(() => world.reset());

test('only users who have a factor are asked by the rule for enrolled users', async () => {
  await world.rules({ enrolled: true });
  const person = await world.createUser();
  expect(verdict(await world.types(person))).toBe('in');
  await world.withTotp(person);
  expect(pathOf(await world.types(person))).toBe('/u/mfa-otp-challenge');
});

test('a security key that an earlier version stored unread is no factor', async () => {
  const person = await world.createUser();
  await sql`insert into authentication_methods (id, user_id, kind, confirmed, details, created_at)
    values ('dev_unread', ${person.userId}, 'webauthn-roaming', true, '{"key_id": "a"}', now())`.execute(
    world.db,
  );
  await world.set('PUT', '/guardian/factors/webauthn-roaming', { enabled: true });
  await world.rules({ enrolled: true });
  const shown = await world.types(person);
  await world.set('PUT', '/guardian/factors/webauthn-roaming', { enabled: false });
  expect(verdict(shown)).toBe('in');
});

test('a session meets the rules of an application and of an organization chosen after the login', async () => {
  const person = await world.withTotp(await world.personFor('the login page'));
  const tab = openTab();
  expect(verdict(await world.types(person, tab))).toBe('in');
  await world.rules({ clients: [world.client.id] });
  expect(pathOf(await tab.go(world.authorize(world.client)))).toBe('/u/mfa-otp-challenge');

  const choosing = await world.registerClient({
    organization_usage: 'require',
    organization_require_behavior: 'post_login_prompt',
  });
  await world.rules({ organizations: [world.organization.id] });
  const other = openTab();
  await other.go(world.authorize(choosing));
  const chooses = await other.send({ username: person.email, password: person.password });
  const asked = chooses.page.includes('name="organization"')
    ? await other.send({ organization: world.organization.name })
    : chooses;
  expect(pathOf(asked)).toBe('/u/mfa-otp-challenge');
  const back = other.back(await other.send(rightCode()));
  const { body } = await world.exchange(choosing, back);
  expect(claimsOf(body.id_token)).toMatchObject({ org_id: world.organization.id });
});

describe('a risk', () => {
  test('is over for a browser once the login with the factor is complete, and not before', async () => {
    await world.rules({ risk: { new_device: true } });
    const person = await world.withTotp(await world.createUser());
    const tab = openTab();
    expect(pathOf(await world.types(person, tab))).toBe('/u/mfa-otp-challenge');
    await tab.send({ code: wrongOtp(SECRET, new Date()) });
    // The right password alone makes no device a known one.
    expect(pathOf(await world.types(person, tab))).toBe('/u/mfa-otp-challenge');
    expect(tab.back(await tab.send(rightCode())).searchParams.has('code')).toBe(true);
    await tab.go(`${world.server.url}/v2/logout`);
    expect(verdict(await world.types(person, tab))).toBe('in');
    expect(pathOf(await world.types(person))).toBe('/u/mfa-otp-challenge');
  });

  test('returns to a known browser when the sessions of the user are ended', async () => {
    await world.rules({ risk: { new_device: true } });
    const person = await world.withTotp(await world.createUser());
    const tab = openTab();
    await world.types(person, tab);
    await tab.send(rightCode());
    await world.set('PATCH', world.at(person, ''), { password: 'another long Password 7' });
    await tab.go(`${world.server.url}/v2/logout`);
    const shown = await world.types({ ...person, password: 'another long Password 7' }, tab);
    expect(pathOf(shown)).toBe('/u/mfa-otp-challenge');
  });

  test('sends a code to the verified address of a user without a factor, and lets nobody choose another', async () => {
    await world.factors('otp', 'email');
    await world.rules({ risk: { new_device: true } });
    const person = await world.createUser({ email_verified: true });
    const tab = openTab();
    expect(pathOf(await world.types(person, tab))).toBe('/u/mfa-email-challenge');
    const { mail } = await world.server.sink.waitForMail(person.email);
    const code = /\b\d{6}\b/.exec(mail.subject ?? '')?.[0] ?? '';
    expect(tab.back(await tab.send({ code })).searchParams.has('code')).toBe(true);

    const other = await world.createUser({ email_verified: true });
    const { status, body } = await world.byPassword(other);
    expect([status, body.mfa_requirements]).toEqual([403, { challenge: [{ type: 'email' }] }]);
    const refused = await fetch(`${world.server.url}/mfa/associate`, {
      method: 'POST',
      headers: { authorization: `Bearer ${body.mfa_token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ authenticator_types: ['otp'] }),
    });
    expect(refused.status).toBe(403);
  });

  test('makes a user without a factor and without a verified address enroll one', async () => {
    await world.factors('otp', 'email');
    await world.rules({ risk: { new_device: true } });
    const person = await world.createUser({ email_verified: false });
    expect(pathOf(await world.types(person))).toBe('/u/mfa-begin-enroll-options');
  });
});

describe('a factor that an invitation requires', () => {
  const requires = (person: Person, ...wanted: Parameters<typeof requireFactors>[1]['factors']) =>
    requireFactors(world.db, { userIds: [person.userId], factors: wanted, now: world.clock.now() });

  test('is enrolled before the login ends, also after a closed tab, and once', async () => {
    await world.factors('otp', 'sms');
    const person = await world.createUser();
    await requires(person, 'sms');
    expect(pathOf(await world.types(person))).toBe('/u/mfa-sms-enrollment');
    const tab = openTab();
    // The other factor is not offered.
    const asked = await world.types(person, tab);
    expect(pathOf(asked)).toBe('/u/mfa-sms-enrollment');
    expect(pathOf(await tab.go(asked.url.replace('mfa-sms', 'mfa-otp')))).not.toBe(
      '/u/mfa-otp-enrollment',
    );
    await tab.go(asked.url);
    await tab.send({ address: '+491701234567' });
    const code = /\b\d{6}\b/.exec(world.texts.at(-1)?.text ?? '')?.[0] ?? '';
    const back = tab.back(await tab.send({ code }));
    const { body } = await world.exchange(world.client, back);
    expect(claimsOf(body.id_token)).toMatchObject({ amr: ['pwd', 'mfa', 'sms'] });
    // A second factor of the invitation is no policy for the next login.
    expect(verdict(await world.types(person))).toBe('in');
  });

  test('comes after the factor that the user has', async () => {
    await world.factors('otp', 'sms');
    const person = await world.withTotp(await world.createUser());
    await requires(person, 'sms');
    const tab = openTab();
    expect(pathOf(await world.types(person, tab))).toBe('/u/mfa-otp-challenge');
    expect(pathOf(await tab.send(rightCode()))).toBe('/u/mfa-sms-enrollment');
    await tab.send({ address: '+491701234568' });
    const code = /\b\d{6}\b/.exec(world.texts.at(-1)?.text ?? '')?.[0] ?? '';
    expect(tab.back(await tab.send({ code })).searchParams.has('code')).toBe(true);
  });

  test('comes after the factor that the user has at the token endpoint too', async () => {
    await world.factors('otp', 'sms');
    const person = await world.withTotp(await world.createUser());
    await requires(person, 'sms');
    const exchange = (more: Record<string, string>) =>
      world.token({ client_id: world.client.id, client_secret: world.client.secret, ...more });
    const associate = (token: string) =>
      fetch(`${world.server.url}/mfa/associate`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({
          authenticator_types: ['oob'],
          oob_channels: ['sms'],
          phone_number: '+491701234569',
        }),
      });
    const first = await world.byPassword(person);
    expect(first.body).toMatchObject({ mfa_requirements: { challenge: [{ type: 'otp' }] } });
    expect((await associate(first.body.mfa_token)).status).toBe(403);
    const proof = { grant_type: `${GRANTS}mfa-otp`, otp: rightCode().code };
    const second = await exchange({ ...proof, mfa_token: first.body.mfa_token });
    expect(second).toMatchObject({
      status: 403,
      body: { error: 'mfa_required', mfa_requirements: { enroll: [{ type: 'phone' }] } },
    });
    const { mfa_token } = second.body;
    const begun = (await (await associate(mfa_token)).json()) as { oob_code: string };
    const binding_code = /\b\d{6}\b/.exec(world.texts.at(-1)?.text ?? '')?.[0] ?? '';
    const { oob_code } = begun;
    const last = { grant_type: `${GRANTS}mfa-oob`, mfa_token, oob_code, binding_code };
    expect(await exchange(last)).toMatchObject({ status: 200 });
    expect(await world.byPassword(person)).toMatchObject({ status: 200 });
  });

  test('is a passkey that the user has, if any factor or a key is required', async () => {
    const details = { key: world.server.app.deps.keys.encryption, now: new Date() };
    for (const wanted of ['any', 'webauthn'] as const) {
      const person = await world.createUser();
      const passkey = { userId: person.userId, kind: 'passkey', confirmed: true } as const;
      expect((await insertMethod(world.db, passkey, details)).kind).toBe('inserted');
      await requires(person, wanted);
      expect(verdict(await world.types(person))).toBe('in');
      await requires(person, 'otp');
      expect(pathOf(await world.types(person))).toBe('/u/mfa-otp-enrollment');
    }
  });

  test('can be any other enabled one after the operator has disabled it', async () => {
    const person = await world.createUser();
    await requires(person, 'email');
    expect(pathOf(await world.types(person))).toBe('/u/mfa-otp-enrollment');
  });
});

describe('an invitation that a login accepts', () => {
  /** Invites a user who has an account already. Returns a function that logs in at a door. */
  async function invited(plan: { roles?: string[]; factors?: object }) {
    const person = await world.createUser({ email_verified: true });
    const answer = await world.server.api<{ id: string }>('POST', '/api/v2/invitations', {
      recipients: [person.email],
      connection: 'Username-Password-Authentication',
      client_id: world.client.id,
      ...(plan.roles && { roles: plan.roles }),
    });
    expect([answer.status, answer.text]).toEqual([202, answer.text]);
    await eventually(async () => {
      const { rows } =
        await sql`select 1 from invitations where user_id = ${person.userId}`.execute(world.db);
      return rows[0];
    });
    await sql`update campaigns set plan = plan || ${JSON.stringify({ factors: plan.factors })}::jsonb
      where id in (select campaign_id from invitations where user_id = ${person.userId})`.execute(
      world.db,
    );
    return person;
  }

  test('asks for the factor of a role that it gives, before the code and before the tokens', async () => {
    await world.rules({ roles: [world.role.id] });
    const shown = await world.types(await invited({ roles: [world.role.id] }));
    expect(pathOf(shown)).toMatch(/^\/u\/mfa-/);
    const { status, body } = await world.byPassword(await invited({ roles: [world.role.id] }));
    expect([status, body.error]).toEqual([403, 'mfa_required']);
  });

  test('asks for the factor that it requires, and the login ends with it', async () => {
    const plan = { factors: { required: ['otp'] } };
    const tab = openTab();
    const shown = await world.types(await invited(plan), tab);
    expect(pathOf(shown)).toBe('/u/mfa-otp-enrollment');
    const [, secret = ''] = /<code class="copy">([^<]+)</.exec(shown.page) ?? [];
    const code = otpAt(secret.replaceAll(' ', ''), new Date());
    const back = tab.back(await tab.send({ code }));
    expect(back.searchParams.has('code')).toBe(true);
    const { status, body } = await world.byPassword(await invited(plan));
    expect([status, body.mfa_requirements]).toEqual([403, { enroll: [{ type: 'otp' }] }]);
  });
});

describe('step-up with acr_values', () => {
  test('and max_age together ask for the password and the factor', async () => {
    const person = await world.withTotp(await world.createUser());
    const tab = openTab();
    expect(verdict(await world.types(person, tab))).toBe('in');
    const both = { acr_values: MULTI_FACTOR, max_age: '0' };
    const login = await tab.go(world.authorize(world.client, both));
    expect(pathOf(login)).toBe('/u/login');
    const asked = await tab.send({ username: person.email, password: person.password });
    expect(pathOf(asked)).toBe('/u/mfa-otp-challenge');
    const back = tab.back(await tab.send(rightCode()));
    const { body } = await world.exchange(world.client, back);
    const claims = claimsOf(body.id_token);
    expect(claims).toMatchObject({ acr: MULTI_FACTOR, auth_time: expect.any(Number) });
    // The session has the factor, but is too old for another request.
    const silent = tab.back(
      await tab.go(world.authorize(world.client, { ...both, prompt: 'none' })),
    );
    expect(silent.searchParams.get('error')).toBe('login_required');
  });

  test('asks for the factor after a login with a mailed code', async () => {
    const person = await world.withTotp(await world.mailedPerson());
    const tab = openTab();
    await tab.go(world.authorize(world.client, { connection: 'email', acr_values: MULTI_FACTOR }));
    expect(pathOf(await world.typesMailedCode(tab, person))).toBe('/u/mfa-otp-challenge');
    const { body } = await world.exchange(world.client, tab.back(await tab.send(rightCode())));
    expect(claimsOf(body.id_token)).toMatchObject({ acr: MULTI_FACTOR });
  });
});

describe('the rules at the API', () => {
  const put = (body: object) =>
    world.server.api<{ message: string }>('PUT', '/api/v2/guardian/policies/rules', body);

  test('are shown as they were set, until what they name is deleted', async () => {
    const gone = {
      role: await made(world.server, '/roles', { name: 'gone' }),
      organization: await world.anOrganization(),
      client: await world.registerClient(),
    };
    const chosen = {
      roles: [gone.role.id],
      organizations: [gone.organization.id],
      clients: [gone.client.id],
      enrolled: true,
      risk: { new_device: true, new_country: false },
    };
    expect(await world.rules(chosen)).toEqual(chosen);
    expect(await world.set('GET', '/guardian/policies/rules')).toEqual(chosen);
    await world.set('DELETE', `/roles/${gone.role.id}`);
    await world.set('DELETE', `/organizations/${gone.organization.id}`);
    await world.set('DELETE', `/clients/${gone.client.id}`);
    expect(await world.set('GET', '/guardian/policies/rules')).toEqual({
      ...chosen,
      roles: [],
      organizations: [],
      clients: [],
    });
  });

  test.each([
    ['roles', 'rol_0000000000000000', 'role'],
    ['organizations', 'org_0000000000000000', 'organization'],
    ['clients', '00000000000000000000000000000000', 'application'],
  ])('%s that do not exist are refused, and nothing changes', async (name, id, noun) => {
    await world.rules({ roles: [world.role.id] });
    const { status, body } = await put({ enrolled: true, [name]: [id] });
    expect([status, body.message]).toEqual([
      400,
      `Payload validation error: 'there is no ${noun} with the id ${id}' on property ${name}.`,
    ]);
    expect(await world.set('GET', '/guardian/policies/rules')).toMatchObject({
      roles: [world.role.id],
      enrolled: false,
    });
  });

  test('refuse new countries while the server does not know countries', async () => {
    const { status, body } = await put({ risk: { new_country: true } });
    expect([status, body.message]).toEqual([400, expect.stringContaining('COUNTRY_HEADER')]);
  });
});
