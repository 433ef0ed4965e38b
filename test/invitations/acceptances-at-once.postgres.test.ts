import { beforeAll, describe, expect, test } from 'vitest';
import { acceptPromisedInvitations } from '../../src/flows/log-in/log-in.ts';
import { pastTheirReads, ROOM_FOR_SIXTEEN } from '../harness/overtaken.ts';
import { openWorld, type World } from '../harness/world.ts';
import type { Real, Told } from './accepted-once.ts';
import { aSceneOfInvited, type Scene, WAYS, type Way } from './invited.ts';

let world: World;
let scene: Scene;

beforeAll(async () => {
  world = await openWorld({ role: 'web', ...ROOM_FOR_SIXTEEN });
  scene = await aSceneOfInvited(world);
});

const begin = (told: Partial<Told> = {}) =>
  scene.begin({
    invited: 'made',
    policy: 'same_domain',
    codeIsKnown: false,
    toOrganization: false,
    ...told,
  });

/** Accepts sixteen times at once, by these ways in turn. All have read the invitation while it was open. */
const sixteen = (real: Real, ...ways: Way[]) =>
  pastTheirReads(world, { n: 16, tables: ['users', 'invitations'] }, (i) =>
    scene.accept(real, ways[i % ways.length] ?? 'password'),
  );

const done = (kinds: string[]) => kinds.filter((kind) => kind === 'done');

const TAKEN = WAYS.filter((way) => way !== 'stranger' && way !== 'session');
const CASES = TAKEN.flatMap((way) => [
  [way, 'made'] as const,
  ...(way === 'account' ? [] : [[way, 'address'] as const]),
]);

describe('of sixteen acceptances at once', () => {
  test.each(CASES)('by %s one is done, if a person was invited by %s', async (way, invited) => {
    const real = await begin({ invited });
    expect(done(await sixteen(real, way))).toHaveLength(1);
    await scene.holds(real);
  });

  test('with a code of a known account one is done', async () => {
    const real = await begin({ codeIsKnown: true });
    expect(done(await sixteen(real, 'code'))).toHaveLength(1);
    await scene.holds(real);
  });

  test.each<[Way, Way, Told['invited']]>([
    ['password', 'identity', 'made'],
    ['password', 'identity', 'address'],
    ['password', 'knownIdentity', 'made'],
    ['password', 'code', 'made'],
    ['password', 'code', 'address'],
    ['password', 'passkey', 'made'],
    ['password', 'colleague', 'made'],
    ['passkey', 'identity', 'address'],
    ['passkey', 'knownIdentity', 'made'],
    ['code', 'identity', 'made'],
    ['code', 'colleague', 'address'],
    ['account', 'colleague', 'made'],
    ['account', 'knownIdentity', 'withPassword'],
  ])('by %s and %s one is done, if a person was invited by %s', async (one, other, invited) => {
    const real = await begin({ invited, toOrganization: true });
    expect(done(await sixteen(real, one, other))).toHaveLength(1);
    await scene.holds(real);
  });
});

describe('of sixteen logins at once, one accepts what was promised', () => {
  const login = async (real: Real, userId: string) => {
    const about = { userId, clientId: scene.client.id, session: `session of ${real.run}` };
    const accepted = await pastTheirReads(world, { n: 16, tables: ['users'] }, () =>
      acceptPromisedInvitations(world.server.app.deps, about),
    );
    expect(accepted.filter((one) => one)).toHaveLength(1);
    await scene.holds(real);
  };

  test('of the invited account', async () => {
    const real = await begin({ invited: 'withPassword' });
    await login(real, real.invitedUser?.id ?? '');
  });

  test('of another account that proves the address, and the account that was made for the invitation goes', async () => {
    const real = await begin({ invited: 'made', codeIsKnown: true });
    const { accounts } = await scene.stateOf(real.run);
    const other = accounts.find(({ store, email }) => store === 'email' && email === real.email);
    await login(real, other?.id ?? '');
    expect((await scene.stateOf(real.run)).accounts).toHaveLength(accounts.length - 1);
  });
});
