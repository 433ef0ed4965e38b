import { beforeAll, describe, expect, test } from 'vitest';
import { aPassword, aPerson } from '../harness/factories.ts';
import { DEFAULT_CONNECTION } from '../harness/harness.ts';
import { plainBrowser } from '../harness/plain-browser.ts';
import { linkIn } from '../harness/smtp-sink.ts';
import {
  type ApiClient,
  claimsOf,
  made,
  openTab,
  openWorld,
  type Person,
  type Tab,
  type World,
} from '../harness/world.ts';

let world: World;
let client: ApiClient;
let other: ApiClient;

beforeAll(async () => {
  world = await openWorld();
  client = await world.registerClient();
  other = await world.registerClient();
  await made(world.server, '/connections', {
    name: 'email',
    strategy: 'email',
    enabled_clients: [client.id, other.id],
  });
});

const login = (at: ApiClient, more: Record<string, string> = {}) =>
  world.authorize(at, { audience: '', scope: 'openid offline_access', ...more });

/** Returns the user that the application gets. `null`: nobody yet, because the login page appears. */
async function whoArrives(tab: Tab, at: ApiClient, more: Record<string, string> = {}) {
  const { back } = await tab.go(login(at, more));
  if (back === null || back.searchParams.has('error')) return null;
  const { body } = await world.exchange(at, back);
  return String(claimsOf(body.id_token).sub);
}

/** Returns a browser with a session of this user. */
async function aBrowserOf(person: Person, tab = openTab()): Promise<Tab> {
  await world.logsIn(tab, login(client), person);
  expect(await whoArrives(tab, client)).toBe(person.userId);
  return tab;
}

const post = (path: string, body: object) =>
  fetch(`${world.server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

const mailed = async (email: string) =>
  linkIn(await world.server.sink.waitForMail(email), /https?:\/\/\S+ticket=\w+/);

async function ticketFor(kind: string, { userId }: Person): Promise<string> {
  const body = { user_id: userId, client_id: client.id };
  return (await made(world.server, `/tickets/${kind}`, body)).ticket;
}

/** Proofs of identity in a browser, each with the id of the proven user. */
const PROOFS: Record<string, { arrives: boolean; give(tab: Tab): Promise<string> }> = {
  'a link to choose a password': {
    arrives: true,
    async give(tab) {
      const person = await world.createUser();
      await tab.go(await ticketFor('password-change', person));
      await tab.prove({ password: aPassword() });
      return person.userId;
    },
  },
  'the mail for a forgotten password': {
    arrives: true,
    async give(tab) {
      const { email, userId } = await world.createUser();
      const asked = { client_id: client.id, email, connection: DEFAULT_CONNECTION };
      await post('/dbconnections/change_password', asked);
      await tab.go(await mailed(email));
      await tab.prove({ password: aPassword() });
      return userId;
    },
  },
  'an invitation': {
    arrives: true,
    async give(tab) {
      const { email } = aPerson();
      await made(world.server, '/invitations', { recipients: [email], client_id: client.id });
      await tab.go(await mailed(email));
      await tab.prove({ password: aPassword() });
      const found = `/api/v2/users-by-email?email=${email}`;
      return (await world.server.api<{ user_id: string }[]>('GET', found)).body[0]?.user_id ?? '';
    },
  },
  'a link to log in with': {
    arrives: true,
    async give(tab) {
      const { email } = aPerson();
      const { user_id } = await made(world.server, '/users', {
        connection: 'email',
        email,
        email_verified: true,
      });
      await post('/passwordless/start', {
        client_id: client.id,
        client_secret: client.secret,
        connection: 'email',
        email,
        send: 'link',
      });
      // Stops at the proof, because the application's own request comes later.
      await tab.go(await mailed(email));
      await tab.prove();
      return user_id;
    },
  },
  'a confirmed address': {
    arrives: false,
    async give(tab) {
      const person = await world.createUser({ email_verified: false, verify_email: false });
      await tab.go(await ticketFor('email-verification', person));
      await tab.prove();
      return person.userId;
    },
  },
};

describe.each(Object.entries(PROOFS))('after %s', (_name, { arrives, give }) => {
  test('the application gets the user who gave the proof or nobody, and never the former user of the browser', async () => {
    const tab = await aBrowserOf(await world.createUser());
    const userId = await give(tab);
    expect(await whoArrives(tab, client)).toBe(arrives ? userId : null);
  });

  test('a silent login never returns the former user of the browser', async () => {
    const before = await world.createUser();
    const tab = await aBrowserOf(before);
    const userId = await give(tab);
    const silent = [
      await whoArrives(tab, client, { prompt: 'none' }),
      await whoArrives(tab, other, { prompt: 'none' }),
      await whoArrives(tab, client),
      await whoArrives(tab, other),
    ];
    expect(silent).not.toContain(before.userId);
    expect(silent).toEqual(arrives ? [null, null, userId, userId] : [null, null, null, null]);
  });
});

test('an old proof logs nobody in, and the former session stays ended', async () => {
  const before = await world.createUser();
  const tab = await aBrowserOf(before);
  const person = await world.createUser();
  await tab.go(await ticketFor('password-change', person));
  await tab.prove({ password: aPassword() });
  tab.forget('usher_arrival');
  expect(await whoArrives(tab, client)).toBeNull();
});

test('a logout makes an earlier proof void', async () => {
  const tab = openTab();
  const person = await world.createUser();
  await tab.go(await ticketFor('password-change', person));
  await tab.prove({ password: aPassword() });
  await tab.go(`${world.server.url}/v2/logout`);
  expect(await whoArrives(tab, client)).toBeNull();
});

test('a pending request in another tab does not restore the former session', async () => {
  const before = await world.createUser();
  const browser = plainBrowser();
  const tab = await aBrowserOf(before, openTab(browser));
  const person = await world.createUser();
  await tab.go(await ticketFor('password-change', person));
  const inFlight = Array.from({ length: 16 }, () => openTab(browser).go(login(client)));
  await tab.prove({ password: aPassword() });
  await Promise.all(inFlight);
  expect(await whoArrives(tab, client, { prompt: 'none' })).not.toBe(before.userId);
  expect([person.userId, null]).toContain(await whoArrives(tab, client));
});

test("a proof by the session's own user keeps the session", async () => {
  const person = await world.createUser({ email_verified: false, verify_email: false });
  const tab = await aBrowserOf(person);
  await tab.go(await ticketFor('email-verification', person));
  await tab.prove();
  expect(await whoArrives(tab, client, { prompt: 'none' })).toBe(person.userId);
});
