import { beforeAll, beforeEach, expect, test } from 'vitest';
import { signUp } from '../../client/src/invitation-flow.ts';
import { updateConnection } from '../../src/records/connections/connections.ts';
import { findAccountByEmail } from '../../src/records/users/users.ts';
import { linkIn } from '../harness/smtp-sink.ts';
import { openWorld, type World } from '../harness/world.ts';
import { aFlowScene, GOOD, ORIGIN } from './flow-page.ts';

let world: World;
let scene: Awaited<ReturnType<typeof aFlowScene>>;
let people = 0;

beforeAll(async () => {
  world = await openWorld();
  scene = await aFlowScene(world);
});

beforeEach(() => open({}));

const open = (options: Record<string, unknown>) =>
  updateConnection(world.db, scene.connection.id, { options }, world.clock.now());
const anAddress = () => `newcomer.${++people}@example.test`;
const accountOf = (email: string) =>
  findAccountByEmail(world.db, { connectionId: scene.connection.id, email });
const asks = (email: string, more: object = {}) =>
  scene
    .page()
    .send('sign-up', { client_id: scene.client.id, email, password: 'Heron-Lagoon-42', ...more });

/** Signs up with the browser client on a page of the application. */
const signsUp = (email: string) =>
  signUp(
    {
      baseUrl: world.server.url,
      clientId: scene.client.id,
      fetch: (url, init) => {
        const headers = Object.fromEntries(new Headers(init?.headers));
        return fetch(url, { ...init, headers: { ...headers, origin: ORIGIN } });
      },
    },
    { email, password: 'Heron-Lagoon-42', given_name: 'Ada', family_name: 'Byron' },
  );

test('a new person and the owner of an account get the same answer, and only the mail differs', async () => {
  const known = await world.aUser(scene.connection, { password: GOOD });
  const email = anAddress();
  const answers = [await signsUp(email), await signsUp(String(known.email))];
  const same = { ok: true, state: { state: 'mail_sent', next: [] } };
  expect(answers).toEqual([same, same]);

  const { sink } = world.server;
  const mail = await sink.waitForMail(email);
  expect(mail.mail.subject).toMatch(/^Confirm your email address/);
  expect(linkIn(mail)).toContain('/u/');
  expect(await accountOf(email)).toMatchObject({
    givenName: 'Ada',
    familyName: 'Byron',
    emailVerified: false,
    isUnproven: true,
  });
  const news = await sink.waitForMail(String(known.email));
  expect(news.mail.subject).toMatch(/^You already have an account/);
  expect(await accountOf(String(known.email))).toMatchObject({ id: known.id, givenName: null });
});

test('nobody signs up where an operator has closed the connection, also not a person who is invited', async () => {
  const { user } = await scene.invite();
  await open({ disable_signup: true });
  for (const email of [anAddress(), String(user.email)]) {
    const answer = await asks(email);
    expect([answer.status, answer.body.problem.code]).toEqual([403, 'sign_up_disabled']);
  }
  await open({});
  const elsewhere = await asks(anAddress(), { connection: 'another' });
  expect(elsewhere.body.problem.code).toBe('sign_up_disabled');
});

test.each([
  ['an address that is none', { email: 'ada' }, [422, 'invalid_email']],
  ['a weak password', { password: 'abc' }, [422, 'password_refused']],
  ['no password', { password: '' }, [400, 'invalid_request']],
  ['an unknown application', { client_id: 'another' }, [403, 'origin_not_allowed']],
])('%s is refused', async (_what, wrong, expected) => {
  const email = anAddress();
  const answer = await asks(email, wrong);
  expect([answer.status, answer.body.problem.code]).toEqual(expected);
  expect(await accountOf(email)).toBeNull();
});

test('a page on another origin cannot sign anybody up', async () => {
  const email = anAddress();
  const body = { client_id: scene.client.id, email, password: 'Heron-Lagoon-42' };
  const answer = await scene.page('https://evil.example.test').send('sign-up', body);
  expect([answer.status, answer.body.problem.code]).toEqual([403, 'origin_not_allowed']);
  expect(answer.headers.get('access-control-allow-origin')).toBeNull();
});
