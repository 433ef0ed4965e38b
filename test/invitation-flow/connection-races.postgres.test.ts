import { beforeAll, expect, test } from 'vitest';
import { findInvitation } from '../../src/records/invitations/invitations.ts';
import { linkedIdentities } from '../../src/records/users/users.ts';
import { pastTheirReads, ROOM_FOR_SIXTEEN } from '../harness/overtaken.ts';
import { openBrowser } from '../harness/providers/person.ts';
import { openWorld, type World } from '../harness/world.ts';
import { aPasskeyInvitation } from './passkey-owner.ts';
import {
  aProviderScene,
  leaveFor,
  logsInAtProvider,
  type ProviderScene,
  proves,
} from './provider-scene.ts';

let world: World;
let scene: ProviderScene;

beforeAll(async () => {
  world = await openWorld(ROOM_FOR_SIXTEEN);
  scene = await aProviderScene(world);
});

test('of sixteen browsers that open the address at once, one gets to the provider', async () => {
  const { page } = await scene.begun();
  const address = await leaveFor(page);
  const tables = ['provider_logins'];
  const { requests } = scene.provider;
  const before = requests.length;
  const ends = await pastTheirReads(world, { n: 16, tables }, () => openBrowser().go(address));
  expect(requests).toHaveLength(before + 1);
  expect(ends.filter(({ back }) => back !== null)).toHaveLength(1);
});

test('of sixteen requests that use one answer at once, one does', async () => {
  const { page } = await scene.begun();
  const flow_login = await logsInAtProvider(page);
  const answers = await pastTheirReads(world, { n: 16, tables: ['provider_logins'] }, () =>
    page.send('connection/finish', { flow_login }),
  );
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  // The others do not get to the provider, which would refuse the code too.
  expect(answers.filter(({ body }) => body.problem?.code === 'login_over')).toHaveLength(15);
});

test('of sixteen answers with one passkey at once, one counts', async () => {
  const { page, authenticator } = await aPasskeyInvitation(world);
  const { passkey } = (await page.send('existing/passkey', {})).body;
  // An authenticator without a counter: only the challenge tells one use from another.
  const credential = JSON.parse(authenticator.authenticate(passkey, { counter: 0 }));
  const answers = await pastTheirReads(world, { n: 16, tables: ['webauthn_challenges'] }, () =>
    page.send('existing/passkey/verify', { credential }),
  );
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
});

test('of sixteen completions with an identity at once, one accepts', async () => {
  const { page, user, id } = await scene.begun();
  await proves(page);
  const answers = await pastTheirReads(world, { n: 16, tables: ['users'] }, () =>
    page.send('complete', {}),
  );
  expect(answers.filter(({ body }) => body.login_ticket)).toHaveLength(1);
  expect(await findInvitation(world.db, id)).toMatchObject({ state: 'accepted' });
  expect((await linkedIdentities(world.db, [user.id])).get(user.id)).toHaveLength(1);
});
