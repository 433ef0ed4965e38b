import { expect } from 'vitest';
import { aPerson } from '../harness/factories.ts';
import { plainBrowser } from '../harness/plain-browser.ts';
import { formOf } from '../harness/visitor.ts';
import {
  made,
  openTab,
  openWorld,
  type Person,
  type Shown,
  type Tab,
  type Tokens,
} from '../harness/world.ts';
import { otpAt, SECRET } from './factors.ts';

export const GRANTS = 'http://auth0.com/oauth/grant-type/';
const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';
const REALM = 'Username-Password-Authentication';

export const DOOR_NAMES = [
  'the login page',
  'the login page for an organization',
  'the password grant',
  'the grant with a mailed code',
  'the page for a mailed code',
  'the device flow',
] as const;
type Door = (person: Person) => Promise<'in' | 'asked'>;

export type RuledWorld = Awaited<ReturnType<typeof openRuledWorld>>;

export const pathOf = ({ url }: Shown) => new URL(url).pathname;
export const rightCode = () => ({ code: otpAt(SECRET, new Date()) });

export function verdict(shown: Shown): 'in' | 'asked' {
  if (shown.back?.searchParams.has('code')) return 'in';
  expect(pathOf(shown)).toMatch(/^\/u\/mfa-/);
  return 'asked';
}

function answered({ status, body }: Tokens): 'in' | 'asked' {
  if (status === 200) return 'in';
  expect([status, body.error]).toEqual([403, 'mfa_required']);
  return 'asked';
}

/** Opens a world with an application, an organization and a role that rules can name, and every way to log in. */
export async function openRuledWorld() {
  const world = await openWorld();
  const client = await world.registerClient({
    organization_usage: 'allow',
    grant_types: [
      'authorization_code',
      'refresh_token',
      'implicit',
      DEVICE_CODE,
      `${GRANTS}password-realm`,
      `${GRANTS}passwordless/otp`,
      `${GRANTS}mfa-otp`,
      `${GRANTS}mfa-oob`,
    ],
  });
  const email = { name: 'email', strategy: 'email', options: {} };
  await made(world.server, '/connections', { ...email, enabled_clients: [client.id] });
  const organization = await world.anOrganization();
  const role = await made(world.server, '/roles', { name: 'treasurer' });

  /** Starts without policies and rules, and with one factor. */
  async function reset() {
    await set('PUT', '/guardian/policies', []);
    await rules({});
    await factors('otp');
  }

  async function set(method: string, path: string, body?: unknown) {
    const answer = await world.server.api<Record<string, unknown>>(method, `/api/v2${path}`, body);
    expect([answer.status < 300, answer.text]).toEqual([true, answer.text]);
    return answer.body;
  }

  const rules = (body: object) => set('PUT', '/guardian/policies/rules', body);

  async function factors(...enabled: string[]) {
    for (const name of ['otp', 'sms', 'email', 'recovery-code']) {
      await set('PUT', `/guardian/factors/${name}`, { enabled: enabled.includes(name) });
    }
  }

  const at = ({ userId }: Person, path: string) => `/users/${encodeURIComponent(userId)}${path}`;

  async function withTotp(person: Person): Promise<Person> {
    await set('POST', at(person, '/authentication-methods'), { type: 'totp', totp_secret: SECRET });
    return person;
  }

  /** Opens the login page and types the password. Returns the page that follows, or the application's. */
  async function types(person: Person, tab = openTab(), params: Record<string, string> = {}) {
    await tab.go(world.authorize(client, params));
    return tab.send({ username: person.email, password: person.password });
  }

  const byPassword = (person: Person): Promise<Tokens> =>
    world.token({
      grant_type: `${GRANTS}password-realm`,
      client_id: client.id,
      client_secret: client.secret,
      realm: REALM,
      username: person.email,
      password: person.password,
      scope: 'openid',
    });

  async function mailedCode(email: string): Promise<string> {
    await fetch(`${world.server.url}/passwordless/start`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ client_id: client.id, connection: 'email', email, send: 'code' }),
    });
    const mail = await world.server.sink.waitForMail(email);
    return /\b\d{6}\b/.exec(mail.mail.subject ?? '')?.[0] ?? '';
  }

  async function typesMailedCode(tab: Tab, { email }: Person): Promise<Shown> {
    await tab.send({ address: email });
    const { mail } = await world.server.sink.waitForMail(email);
    const code = /\b\d{6}\b/.exec(mail.subject ?? '')?.[0] ?? '';
    return tab.send({ address: email, step: 'code', code });
  }

  /** Each way to log in: it says whether the user got in, or was asked for a second factor. */
  const DOORS: Record<(typeof DOOR_NAMES)[number], Door> = {
    'the login page': async (person) => verdict(await types(person)),
    'the login page for an organization': async (person) =>
      verdict(await types(person, openTab(), { organization: organization.id })),
    'the password grant': async (person) => answered(await byPassword(person)),
    'the grant with a mailed code': async (person) =>
      answered(
        await world.token({
          grant_type: `${GRANTS}passwordless/otp`,
          client_id: client.id,
          client_secret: client.secret,
          realm: 'email',
          username: person.email,
          otp: await mailedCode(person.email),
          scope: 'openid',
        }),
      ),
    'the page for a mailed code': async (person) => {
      const tab = openTab();
      await tab.go(world.authorize(client, { connection: 'email' }));
      return verdict(await typesMailedCode(tab, person));
    },
    'the device flow': async (person) => {
      const browser = plainBrowser();
      const tab = openTab(browser);
      const begun = await fetch(`${world.server.url}/oauth/device/code`, {
        method: 'POST',
        body: new URLSearchParams({
          client_id: client.id,
          client_secret: client.secret,
          scope: 'openid',
        }),
      });
      const { user_code } = (await begun.json()) as { user_code: string };
      await tab.go(`${world.server.url}/activate`);
      const confirm = await tab.send({ user_code });
      const { action, fields } = formOf(confirm.page);
      const pressed = await browser.post(new URL(action, confirm.url).href, {
        ...fields,
        confirm: 'yes',
      });
      await tab.go(new URL(pressed.headers.get('location') ?? '', confirm.url).href);
      const shown = await tab.send({ username: person.email, password: person.password });
      return pathOf(shown).startsWith('/u/mfa-') ? 'asked' : 'in';
    },
  };

  const isByMail = (door: string) => door.includes('mailed');

  /** Returns somebody who can use this door and belongs to the organization. */
  async function personFor(door: string): Promise<Person> {
    const person = isByMail(door) ? await mailedPerson() : await world.createUser();
    await set('POST', `/organizations/${organization.id}/members`, { members: [person.userId] });
    return person;
  }

  async function mailedPerson(): Promise<Person> {
    const { email } = aPerson();
    const user = { connection: 'email', email, email_verified: true };
    const { user_id } = await made(world.server, '/users', user);
    return { userId: user_id, email, password: '' };
  }

  return {
    ...world,
    client,
    organization,
    role,
    reset,
    set,
    rules,
    factors,
    at,
    withTotp,
    types,
    byPassword,
    typesMailedCode,
    DOORS,
    personFor,
    mailedPerson,
  };
}
