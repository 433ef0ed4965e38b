import { sql } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Db } from '../../src/platform/db/db.ts';
import {
  insertMethod,
  methodsOfUser,
} from '../../src/records/authentication-methods/authentication-methods.ts';
import {
  changeFlow,
  findFlow,
  newFlowSecret,
} from '../../src/records/invitation-flows/invitation-flows.ts';
import { findInvitation } from '../../src/records/invitations/invitations.ts';
import { endSessionsOf } from '../../src/records/oidc-payloads/oidc-payloads.ts';
import { findPassword } from '../../src/records/passwords/passwords.ts';
import { overtaken, pastTheirReads, ROOM_FOR_SIXTEEN } from '../harness/overtaken.ts';
import { openWorld, type World } from '../harness/world.ts';
import { SECRET } from '../second-factors/factors.ts';
import { atPhoneCode, enableFactors, type FlowPage } from './flow-page.ts';
import { aProviderScene, type ProviderScene, proves } from './provider-scene.ts';

let world: World;
let scene: ProviderScene;

beforeAll(async () => {
  world = await openWorld(ROOM_FOR_SIXTEEN);
  scene = await aProviderScene(world);
  await enableFactors(world);
});

/** A person who has chosen a password and proved a phone. */
async function withPhone() {
  const flow = await atPhoneCode(world, scene);
  await flow.page.send('phone/verify', { code: flow.code });
  return flow;
}

const complete = (page: FlowPage) => () => page.send('complete', {});

async function expectNothing({ id, user }: { id: string; user: { id: string } }): Promise<void> {
  expect(await findInvitation(world.db, id)).toMatchObject({ state: 'pending' });
  expect(await findPassword(world.db, user.id)).toBeNull();
}

const hold = (tx: Db, userId: string) =>
  sql`select 1 from users where id = ${userId} for update`.execute(tx);

describe('a completion', () => {
  test('gives no second factor to an account that gets one at the same moment', async () => {
    const flow = await withPhone();
    const { page, user } = flow;
    const enroll = async (tx: Db) => {
      await hold(tx, user.id);
      const method = {
        userId: user.id,
        kind: 'totp',
        totpSecret: SECRET,
        confirmed: true,
      } as const;
      const writing = { key: world.keys.encryption, now: world.clock.now() };
      await insertMethod(tx, method, writing);
    };
    const [answer] = await overtaken(world, enroll, [complete(page)]);
    expect(answer?.status).toBe(409);
    await expectNothing(flow);
    expect((await methodsOfUser(world.db, user.id)).methods).toMatchObject([{ kind: 'totp' }]);
  });

  test('counts no identity whose person’s logins end at the same moment', async () => {
    const first = await scene.begun();
    await proves(first.page);
    await complete(first.page)();
    const again = await scene.invite({}, first.user);
    const page = scene.page();
    await page.start(again.link);
    await proves(page);
    const end = async (tx: Db) => {
      await hold(tx, first.user.id);
      await endSessionsOf(tx, first.user.id);
    };
    const [answer] = await overtaken(world, end, [complete(page)]);
    expect(answer?.status).toBe(409);
    await expectNothing(again);
  });

  test('gives nothing if another browser takes over, or the person changes something, at the same moment', async () => {
    for (const secret of [newFlowSecret(), undefined]) {
      const flow = await withPhone();
      const { page, user } = flow;
      const now = world.clock.now();
      const seen = await findFlow(world.db, { secret: page.secret() ?? '', now });
      if (seen === null) throw new Error('There is no flow.');
      const change = async (tx: Db) => {
        await changeFlow(tx, { seen, state: seen.state, ...(secret && { secret }), now });
      };
      const [answer] = await overtaken(world, change, [complete(page)]);
      expect(answer?.status).not.toBe(200);
      await expectNothing(flow);
      expect((await methodsOfUser(world.db, user.id)).methods).toEqual([]);
    }
  });
});

test('of sixteen completions that have all read the flow, one accepts', async () => {
  const { page, user, id } = await withPhone();
  const answers = await pastTheirReads(world, { n: 16, tables: ['users'] }, complete(page));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(answers.filter(({ body }) => body.login_ticket)).toHaveLength(1);
  expect(await findInvitation(world.db, id)).toMatchObject({ state: 'accepted' });
  expect((await methodsOfUser(world.db, user.id)).methods).toHaveLength(1);
});
