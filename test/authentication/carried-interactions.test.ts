import { beforeAll, expect, test } from 'vitest';
import { aClient, aUser, authorizeUrl, Browser, type Door, logIn, openDoor } from './fixture.ts';

let door: Door;
beforeAll(async () => {
  door = await openDoor();
  return door.close;
});

async function stored(): Promise<number> {
  const { rows } = await door.database.execute(
    "select count(*)::int as n from oidc_payloads where model = 'Interaction'",
  );
  return Number(rows[0]?.n);
}

/** Begins a login. Returns the address of its page. */
async function begin(browser: Browser, clientId: string, params: Record<string, string> = {}) {
  const answer = await browser.get(authorizeUrl(door, { clientId, params }));
  return new URL(answer.headers.get('location') ?? '', door.url).href;
}

const carriedBy = (browser: Browser) =>
  [...browser.jar.keys()].filter((name) => name.startsWith('usher_login_'));

test('logins that anybody can begin leave nothing in the database', async () => {
  const client = await aClient(door);
  const before = await stored();
  const browser = new Browser();
  for (let n = 0; n < 7; n++) expect(await begin(browser, client.id)).toContain('/u/login?state=');
  expect(await stored()).toBe(before);
  // A sixth makes room by ending the first.
  expect(carriedBy(browser)).toHaveLength(5);
});

test('what is too much for a browser to carry is kept for it', async () => {
  const client = await aClient(door);
  const before = await stored();
  const user = await aUser(door);
  const params = { state: 'x'.repeat(3000) };
  const browser = new Browser();
  const back = await logIn(door, browser, { clientId: client.id, params }, user.id);
  expect(back.searchParams.get('state')).toBe(params.state);
  expect(carriedBy(browser)).toEqual([]);
  expect(await stored()).toBe(before);
});

test('a finished login can not be finished or taken up again, also by who kept its cookies', async () => {
  const client = await aClient(door);
  const [user, other] = [await aUser(door), await aUser(door)];
  const browser = new Browser();
  const page = await begin(browser, client.id);
  const kept = new Browser();
  const finished = await browser.get(`${page}&as=${user.id}`);
  expect(finished.status).toBe(303);
  const resume = new URL(finished.headers.get('location') ?? '', door.url).href;
  for (const [name, value] of browser.jar) kept.jar.set(name, value);
  const back = await browser.get(resume);
  expect(back.headers.get('location')).toContain('code=');
  expect(carriedBy(browser)).toEqual([]);

  expect((await browser.get(`${page}&as=${other.id}`)).status).toBe(410);
  expect((await browser.get(resume)).status).toBe(400);
  // Without the session, which the application ended.
  kept.jar.delete('usher_session@/');
  kept.jar.delete('usher_session.sig@/');
  const replayed = await kept.get(resume);
  expect(replayed.headers.get('location') ?? '').not.toContain('code=');
});

test('a cookie that was changed, or belongs to another login, begins nothing', async () => {
  const client = await aClient(door);
  const user = await aUser(door);
  const browser = new Browser();
  const page = await begin(browser, client.id);
  const [name = ''] = carriedBy(browser);
  const cookie = browser.jar.get(name);
  const flipped = `${cookie?.value.slice(0, -2)}${cookie?.value.endsWith('A') ? 'B' : 'A'}A`;
  browser.jar.set(name, { value: flipped, path: '/u' });
  expect((await browser.get(`${page}&as=${user.id}`)).status).toBe(410);

  const stranger = new Browser();
  const theirs = await begin(stranger, client.id);
  const [own = ''] = carriedBy(stranger);
  stranger.jar.set(own, { value: cookie?.value ?? '', path: '/u' });
  expect((await stranger.get(`${theirs}&as=${user.id}`)).status).toBe(410);
});
