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

const carriedBy = (page: string) =>
  (new URL(page).searchParams.get('state') ?? '').split('.')[1] ?? null;

/** Logs in at this page and returns the callback address. */
async function arrive(browser: Browser, page: string, userId: string): Promise<string> {
  let url = `${page}&as=${userId}`;
  for (let hop = 0; hop < 5; hop++) {
    const location = (await browser.get(url)).headers.get('location');
    if (location === null) return '';
    url = new URL(location, door.url).href;
    if (!url.startsWith(door.url)) return url;
  }
  return url;
}

test('logins that anybody can begin leave nothing in the database, even in many tabs', async () => {
  const client = await aClient(door);
  const user = await aUser(door);
  const before = await stored();
  const browser = new Browser();
  const pages: string[] = [];
  for (let n = 0; n < 30; n++) pages.push(await begin(browser, client.id));
  expect(await stored()).toBe(before);
  // The library's own cookies have only the paths on which a login resumes.
  const cookies = [...browser.jar]
    .filter(([, one]) => !one.path.startsWith('/authorize'))
    .map(([name, one]) => name.length + one.value.length);
  expect(cookies.reduce((sum, length) => sum + length, 0)).toBeLessThan(4000);
  expect(await arrive(browser, pages[0] ?? '', user.id)).toContain('code=');
});

test('the database keeps an interaction that is too large for the browser', async () => {
  const client = await aClient(door);
  const before = await stored();
  const user = await aUser(door);
  const params = { state: 'x'.repeat(3000) };
  const browser = new Browser();
  const back = await logIn(door, browser, { clientId: client.id, params }, user.id);
  expect(back.searchParams.get('state')).toBe(params.state);
  expect(await stored()).toBe(before);
});

test('a finished login cannot be finished or resumed again, even with its old cookies', async () => {
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

  expect((await browser.get(`${page}&as=${other.id}`)).status).toBe(410);
  expect((await browser.get(resume)).status).toBe(400);
  // Without the session, which the application ended.
  kept.jar.delete('usher_session@/');
  kept.jar.delete('usher_session.sig@/');
  const replayed = await kept.get(resume);
  expect(replayed.headers.get('location') ?? '').not.toContain('code=');
});

test('a login that was changed or begun in another browser logs nobody in', async () => {
  const client = await aClient(door);
  const user = await aUser(door);
  const browser = new Browser();
  const page = await begin(browser, client.id);
  const sealed = carriedBy(page) ?? '';
  const flipped = `${sealed.slice(0, -2)}${sealed.endsWith('A') ? 'B' : 'A'}A`;
  expect((await browser.get(`${page.replace(sealed, flipped)}&as=${user.id}`)).status).toBe(410);

  const stranger = new Browser();
  const theirs = await begin(stranger, client.id);
  const swapped = theirs.replace(carriedBy(theirs) ?? '', sealed);
  expect((await stranger.get(`${swapped}&as=${user.id}`)).status).toBe(410);
  // The whole request can only begin a login of one's own.
  expect((await stranger.get(`${page}&as=${user.id}`)).status).toBe(410);
});
