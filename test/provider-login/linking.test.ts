import { beforeAll, describe, expect, test } from 'vitest';
import { findPassword } from '../../src/records/passwords/passwords.ts';
import { findUser, linkedIdentities } from '../../src/records/users/users.ts';
import { aPassword, atOnce } from '../harness/factories.ts';
import { openBrowser } from '../harness/providers/person.ts';
import { openProviderWorld, type ProviderWorld } from '../harness/providers/provider-world.ts';
import { headlineOf, textOf } from '../harness/visitor.ts';
import { claimsOf, type Shown } from '../harness/world.ts';

let world: ProviderWorld;
let client: ProviderWorld['client'];
let provider: ProviderWorld['provider'];
let serial = 0;

beforeAll(async () => {
  // The provider vouches for the addresses of this domain only.
  world = await openProviderWorld({ domain_aliases: ['acme.example'] });
  ({ client, provider } = world);
});

type Browser = ReturnType<typeof openBrowser>;

const begin = (tab: Browser) =>
  tab.go(world.authorize(client, { audience: '', scope: 'openid profile email' }));
const subjectAt = async (back: URL) =>
  String(claimsOf((await world.exchange(client, back)).body.id_token).sub);
const pageOf = ({ page: html, status }: Shown) => ({ html, status, headers: {} });

/** A person of the provider, whose address an account of the database has. */
async function anOwner(more: { emailVerified?: boolean; isUnproven?: boolean } = {}) {
  const email = `ada-${++serial}@acme.example`;
  const password = aPassword();
  const { connectionId } = world;
  const emailVerified = more.isUnproven !== true;
  const account = { email, password, emailVerified, ...more };
  const user = await world.aUser({ id: connectionId }, account);
  const person = { sub: `ada-${serial}`, email, email_verified: true, name: 'Ada' };
  return { email, password, user, person };
}

/** Logs a person in at the provider. Returns where the browser is then. */
async function arrives(tab: Browser, person: { sub: string }): Promise<Shown> {
  provider.logsIn(person);
  return tab.choose(await begin(tab), 'acme-id');
}

async function mailedCode(email: string): Promise<string> {
  const where = ({ mail }: { mail: { text?: string | undefined } }) =>
    /\b\d{6}\b/.test(mail.text ?? '');
  const { mail } = await world.server.sink.waitForMail(email, { where });
  return /\b\d{6}\b/.exec(mail.text ?? '')?.[0] ?? '';
}

const identitiesOf = async (userId: string) =>
  ((await linkedIdentities(world.db, [userId])).get(userId) ?? []).map(({ id }) => id);

describe('a person whose address has an account', () => {
  test('is asked whether it is theirs, and nothing happens without an answer', async () => {
    const { person, user } = await anOwner();
    const tab = openBrowser();
    const asked = await arrives(tab, person);
    expect([asked.status, headlineOf(pageOf(asked))]).toEqual([200, 'Is this your account?']);
    expect(textOf(pageOf(asked))).toContain(person.email);
    expect(await identitiesOf(user.id)).toEqual([]);
    expect((await begin(tab)).back).toBeNull();
  });

  test('connects both with the password, and then logs in with either', async () => {
    const { person, user, password } = await anOwner();
    const tab = openBrowser();
    const asked = await arrives(tab, person);
    const wrong = await tab.answer(asked, { way: 'password', password: aPassword() });
    expect([wrong.status, textOf(pageOf(wrong))]).toEqual([
      400,
      expect.stringContaining('That is not the password of this account.'),
    ]);
    const done = await tab.answer(asked, { way: 'password', password });
    expect(await subjectAt(tab.back(done))).toBe(user.id);
    const other = openBrowser();
    expect(await subjectAt(other.back(await arrives(other, person)))).toBe(user.id);
    expect(await identitiesOf(user.id)).toEqual([`oidc|acme-id|${person.sub}`]);
  });

  test('connects both with a code by mail, which is worth nothing elsewhere', async () => {
    const { person, user } = await anOwner();
    const tab = openBrowser();
    const asked = await arrives(tab, person);
    const sent = await tab.answer(asked, { way: 'send' });
    expect(textOf(pageOf(sent))).toContain(`We have sent a code to ${person.email}.`);
    const code = await mailedCode(person.email);
    const where = ({ mail }: { mail: { subject?: string } }) => mail.subject?.includes(code);
    const { mail } = await world.server.sink.waitForMail(person.email, {
      where: (received) => where(received) === true,
    });
    expect(mail.subject).toBe(`${code} is your code for Meadow`);
    const stranger = openBrowser();
    const theirs = await arrives(stranger, { ...person, sub: `${person.sub}-again` });
    const tried = await stranger.answer(theirs, { way: 'code', code });
    expect(tried.status).toBe(400);
    expect(await subjectAt(tab.back(await tab.answer(sent, { way: 'code', code })))).toBe(user.id);
  });

  test('connects once, when sixteen answers come at once', async () => {
    const { person, user, password } = await anOwner();
    const tab = openBrowser();
    const asked = await arrives(tab, person);
    const ends = await atOnce(16, (i) =>
      tab.answer(asked, i % 2 === 0 ? { way: 'password', password } : { way: 'separate' }),
    );
    expect(ends.filter(({ back }) => back?.searchParams.has('code'))).toHaveLength(1);
    const identities = await identitiesOf(user.id);
    expect(identities.length).toBeLessThanOrEqual(1);
  });

  test('keeps them apart if they want to', async () => {
    const { person, user } = await anOwner();
    const tab = openBrowser();
    const done = await tab.answer(await arrives(tab, person), { way: 'separate' });
    expect(await subjectAt(tab.back(done))).toBe(`oidc|acme-id|${person.sub}`);
    expect(await identitiesOf(user.id)).toEqual([]);
    const other = openBrowser();
    expect(other.back(await arrives(other, person)).searchParams.has('code')).toBe(true);
  });

  test('learns nothing about it if the provider does not vouch for the address', async () => {
    const { person, user } = await anOwner();
    for (const unproved of [
      { ...person, sub: 'x-1', email_verified: false },
      { ...person, sub: 'x-2', email: person.email.replace('acme.example', 'elsewhere.example') },
    ]) {
      const tab = openBrowser();
      expect(await subjectAt(tab.back(await arrives(tab, unproved)))).toBe(
        `oidc|acme-id|${unproved.sub}`,
      );
    }
    expect(await identitiesOf(user.id)).toEqual([]);
  });

  test('cannot answer in another browser', async () => {
    const { person, password } = await anOwner();
    const asked = await arrives(openBrowser(), person);
    const thief = openBrowser();
    await begin(thief);
    expect((await thief.go(asked.url)).status).toBe(400);
    expect((await thief.answer(asked, { way: 'password', password })).back).toBeNull();
  });
});

test('the owner of an address takes over a sign-up that nobody has proved, without its password', async () => {
  const { person, user } = await anOwner({ isUnproven: true });
  const tab = openBrowser();
  expect(await subjectAt(tab.back(await arrives(tab, person)))).toBe(user.id);
  expect(await findPassword(world.db, user.id)).toBeNull();
  expect(await findUser(world.db, user.id)).toMatchObject({
    emailVerified: true,
    isUnproven: false,
  });
});
