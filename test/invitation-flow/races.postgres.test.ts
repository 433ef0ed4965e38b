import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import type { Db } from '../../src/platform/db/db.ts';
import { methodsOfUser } from '../../src/records/authentication-methods/authentication-methods.ts';
import { findInvitation } from '../../src/records/invitations/invitations.ts';
import { overtaken, pastTheirReads, ROOM_FOR_SIXTEEN } from '../harness/overtaken.ts';
import { aVisitor } from '../harness/visitor.ts';
import { openWorld, type World } from '../harness/world.ts';
import {
  aFlowScene,
  aNumber,
  atPhoneCode,
  enableFactors,
  type FlowAnswer,
  GOOD,
  wrongCode,
} from './flow-page.ts';

const SIXTEEN = Array.from({ length: 16 });

let world: World;
let scene: Awaited<ReturnType<typeof aFlowScene>>;

beforeAll(async () => {
  world = await openWorld(ROOM_FOR_SIXTEEN);
  scene = await aFlowScene(world);
  await enableFactors(world);
});

/** Sends the same sixteen times at once. */
const atOnce = (send: () => Promise<FlowAnswer>) => Promise.all(SIXTEEN.map(send));
const codesOf = (answers: FlowAnswer[]) =>
  answers.map(({ status, body }) => (status === 200 ? 'ok' : body.problem.code));
const won = (answers: FlowAnswer[]) => answers.filter(({ status }) => status === 200);

test('of sixteen starts at once, one browser gets the flow', async () => {
  const { link } = await scene.invite();
  const answers = await pastTheirReads(world, { n: 16, tables: ['invitation_flows'] }, () =>
    scene.page().start(link),
  );
  expect(won(answers)).toHaveLength(1);
  expect(new Set(codesOf(answers))).toEqual(new Set(['ok', 'under_way']));
});

/** Lets requests that have tried to insert a flow, and read the one that exists, go on when all of them update it. */
async function beforeTheirUpdates(requests: (() => Promise<FlowAnswer>)[]): Promise<FlowAnswer[]> {
  // An INSERT that meets a row fires the trigger too.
  await sql`
    create function wait_at_update() returns trigger language plpgsql as $$ begin
      if current_query() ~* '^\\s*update' then perform pg_advisory_xact_lock_shared(16); end if;
      return null;
    end $$`.execute(world.db);
  await sql`create trigger wait_at_update before update on invitation_flows
    for each statement execute function wait_at_update()`.execute(world.db);
  const hold = (tx: Db) => sql`select pg_advisory_xact_lock(16)`.execute(tx);
  return overtaken(world, hold, requests);
}

test('of sixteen browsers that take over at once, one can go on', async () => {
  const { link } = await scene.invite();
  const first = scene.page();
  await first.start(link);
  const pages = SIXTEEN.map(() => scene.page());
  const answers = await beforeTheirUpdates(
    pages.map((page) => () => page.start(link, { take_over: true })),
  );
  expect(won(answers)).toHaveLength(1);
  const after = await Promise.all([first, ...pages].map((page) => page.state()));
  expect(won(after)).toHaveLength(1);
});

test('of sixteen completions at once, one accepts, and one login ticket exists', async () => {
  const { page, code, id, user } = await atPhoneCode(world, scene);
  await page.send('phone/verify', { code });
  const answers = await atOnce(() => page.send('complete', {}));
  expect(won(answers)).toHaveLength(1);
  expect(answers.filter(({ body }) => body.login_ticket)).toHaveLength(1);
  expect(await findInvitation(world.db, id)).toMatchObject({ state: 'accepted' });
  expect((await methodsOfUser(world.db, user.id)).methods).toHaveLength(1);
});

test('of sixteen logins with one login ticket, one gets in', async () => {
  const { link } = await scene.invite();
  const page = scene.page();
  await page.start(link);
  await page.send('password', { password: GOOD });
  const { login_ticket } = (await page.send('complete', {})).body;
  const answers = await pastTheirReads(world, { n: 16, tables: ['arrivals'] }, () =>
    world.openLogin(aVisitor(world), scene.client.id, { login_ticket }),
  );
  expect(answers.filter(({ status }) => status === 303)).toHaveLength(1);
});

test('of sixteen guesses at once, one is judged', async () => {
  const { page, code: right } = await atPhoneCode(world, scene);
  for (let round = 0; round < 3; round++) {
    const codes = codesOf(
      await atOnce(() => page.send('phone/verify', { code: wrongCode(right) })),
    );
    // Those that read the state after a change were judged in turn: five at most in all.
    expect(codes.filter((code) => code === 'wrong_code').length).toBeLessThanOrEqual(5);
  }
  const over = await page.send('phone/verify', { code: right });
  expect(['ok', 'code_expired']).toContain(codesOf([over])[0]);
  const proved = await atOnce(() => page.send('phone/verify', { code: right }));
  expect(won(proved).length).toBeLessThanOrEqual(1);
});

test('of sixteen requests for a code at once, one sends a message', async () => {
  const { link } = await scene.invite({ factors: { required: ['sms'] } });
  const page = scene.page();
  await page.start(link);
  await page.send('password', { password: GOOD });
  const number = aNumber();
  const answers = await atOnce(() => page.send('phone', { phone_number: number }));
  expect(world.texts.filter(({ to }) => to === number)).toHaveLength(won(answers).length);
  expect(won(answers).length).toBeLessThanOrEqual(5);
});

test('of sixteen right codes of one sign-up at once, one makes the account', async () => {
  const page = scene.page();
  const email = 'sixteen@example.test';
  const { id: client_id } = scene.client;
  await page.send('sign-up', { client_id, email, password: 'Heron-Lagoon-42' });
  const { mail } = await world.server.sink.waitForMail(email);
  const code = /\b\d{6}\b/.exec(mail.subject ?? '')?.[0] ?? '';
  const answers = await atOnce(() => page.send('sign-up/verify', { code }));
  expect(won(answers)).toHaveLength(1);
});
