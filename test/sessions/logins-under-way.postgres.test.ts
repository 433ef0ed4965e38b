import { beforeAll, beforeEach, expect, test } from 'vitest';
import { aPassword, atOnce } from '../harness/factories.ts';
import {
  type ApiClient,
  made,
  openTab,
  openWorld,
  type Person,
  type Tab,
  type World,
} from '../harness/world.ts';
import { otpAt, SECRET } from '../second-factors/factors.ts';
import { changeByLink, changeByOperator, linkFor, unlimitLogins } from './change-password.ts';

const LOGINS = 48;

let world: World;
let client: ApiClient;

beforeAll(async () => {
  world = await openWorld();
  await unlimitLogins(world);
  client = await world.registerClient();
  await world.server.api('PUT', '/api/v2/guardian/factors/otp', { enabled: true });
});

const typed = ({ email, password }: Person) => ({ username: email, password });

async function withTotp(person: Person): Promise<Person> {
  const path = `/users/${encodeURIComponent(person.userId)}/authentication-methods`;
  await made(world.server, path, { type: 'totp', name: 'Phone', totp_secret: SECRET });
  return person;
}

const askForFactors = (policies: string[]) =>
  world.server.api('PUT', '/api/v2/guardian/policies', policies);

beforeEach(() => askForFactors([]));

/** Whether the browser is let in without being asked. */
async function isIn(tab: Tab): Promise<boolean> {
  const { back } = await tab.go(world.authorize(client, { prompt: 'none' }));
  return back?.searchParams.has('code') ?? false;
}

/** Returns which sessions, codes and tokens of the browsers still work. */
async function alive(tabs: Tab[], backs: (URL | null)[]): Promise<string[]> {
  const found: string[] = [];
  for (const back of backs) {
    if (!back?.searchParams.has('code')) continue;
    if ((await world.exchange(client, back)).status === 200) found.push('code');
  }
  for (const tab of tabs) if (await isIn(tab)) found.push('session');
  return found;
}

test(`none of ${LOGINS} browser logins during a change of password leaves a session, a code or a token that works`, async () => {
  for (const way of ['operator', 'link']) {
    const person = await world.createUser();
    const link = await linkFor(world, person);
    const tabs = Array.from({ length: LOGINS }, () => openTab());
    for (const tab of tabs) await tab.go(world.authorize(client));
    const logins = tabs.map(async (tab) => (await tab.send(typed(person))).back);
    // One login has finished, and the others are at every step between the form and the application.
    await Promise.race(logins);
    await (way === 'link' ? changeByLink(link) : changeByOperator(world, person));
    expect(await alive(tabs, await Promise.all(logins))).toEqual([]);
  }
});

test(`none of ${LOGINS} second-factor pages leads on or remembers its browser after a change of password`, async () => {
  const person = await withTotp(await world.createUser());
  await askForFactors(['all-applications']);
  const tabs = Array.from({ length: LOGINS }, () => openTab());
  await Promise.all(
    tabs.map(async (tab) => {
      await tab.go(world.authorize(client));
      expect(new URL((await tab.send(typed(person))).url).pathname).toBe('/u/mfa-otp-challenge');
    }),
  );
  const [first, ...others] = tabs;
  const password = await changeByOperator(world, person);
  const code = { code: otpAt(SECRET, new Date()), remember: 'yes' };
  // A dead page has no form.
  const send = async (tab: Tab) => (await tab.send(code).catch(() => null))?.back ?? null;
  const backs = [first ? await send(first) : null, ...(await Promise.all(others.map(send)))];
  expect(await alive(tabs, backs)).toEqual([]);
  await first?.go(world.authorize(client));
  const again = await first?.send(typed({ ...person, password }));
  expect(new URL(again?.url ?? '').pathname).toBe('/u/mfa-otp-challenge');
});

test('the organization page does not lead on after a change of password', async () => {
  const chooser = await world.registerClient({
    organization_require_behavior: 'post_login_prompt',
  });
  const person = await world.aMember(await world.anOrganization());
  const tab = openTab();
  await tab.go(world.authorize(chooser));
  const asked = await tab.send(typed(person));
  expect(new URL(asked.url).pathname).toBe('/u/organization');
  await changeByOperator(world, person);
  const shown = await tab.send({ organization: '-' }).catch(() => null);
  expect(shown?.back?.searchParams.has('code') ?? false).toBe(false);
});

test('a remembered browser asks for the second factor again after a change of password', async () => {
  const person = await withTotp(await world.createUser());
  await askForFactors(['all-applications']);
  const tab = openTab();
  await tab.go(world.authorize(client));
  await tab.send(typed(person));
  const code = otpAt(SECRET, new Date());
  expect((await tab.send({ code, remember: 'yes' })).back?.searchParams.has('code')).toBe(true);
  const password = await changeByOperator(world, person);
  await tab.go(world.authorize(client));
  const asked = await tab.send(typed({ ...person, password }));
  expect(new URL(asked.url).pathname).toBe('/u/mfa-otp-challenge');
});

test('an arrival counts only for the person whose password survives simultaneous changes', async () => {
  const choosing = await atOnce(LOGINS / 2, async () => {
    const person = await world.createUser();
    const tab = openTab();
    await tab.go(await linkFor(world, person));
    return { person, tab, chosen: aPassword() };
  });
  await Promise.all(
    choosing.flatMap(({ person, tab, chosen }) => [
      tab.prove({ password: chosen }),
      // The first operator's change comes before the person's, and the second one after it.
      changeByOperator(world, person).then(() => changeByOperator(world, person)),
    ]),
  );
  for (const { person, tab, chosen } of choosing) {
    const arrived = await tab.go(world.authorize(client));
    const other = openTab();
    await other.go(world.authorize(client));
    const stays = await other.send(typed({ ...person, password: chosen }));
    expect(arrived.back !== null).toBe(stays.back !== null);
  }
});

test('an arrival does not count after another change of password', async () => {
  const person = await world.createUser();
  const tab = await changeByLink(await linkFor(world, person));
  await changeByOperator(world, person);
  expect((await tab.go(world.authorize(client))).back).toBeNull();
});

test('none of sixteen invitations accepted during a change of password gives a session', async () => {
  for (let round = 0; round < 3; round++) {
    const person = await world.createUser();
    const invited = await world.server.api('POST', '/api/v2/invitations', {
      recipients: [person.email],
      client_id: client.id,
      return_links: true,
    });
    const { link } = JSON.parse(invited.text);
    const tabs = Array.from({ length: 16 }, () => openTab());
    for (const tab of tabs) await tab.go(link);
    const logins = tabs.map((tab) => tab.prove({ password: person.password }));
    await Promise.race(logins);
    await changeByOperator(world, person);
    await Promise.all(logins);
    const backs = await Promise.all(
      tabs.map(async (tab) => (await tab.go(world.authorize(client))).back),
    );
    expect(await alive(tabs, backs)).toEqual([]);
  }
});
