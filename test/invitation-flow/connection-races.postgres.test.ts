import { beforeAll, expect, test } from 'vitest';
import { findInvitation } from '../../src/records/invitations/invitations.ts';
import { linkedIdentities } from '../../src/records/users/users.ts';
import { atOnce } from '../harness/factories.ts';
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
  world = await openWorld();
  scene = await aProviderScene(world);
});

test('of sixteen browsers that open the address at once, one gets to the provider', async () => {
  const { page } = await scene.begun();
  const address = await leaveFor(page);
  const ends = await atOnce(16, () => openBrowser().go(address));
  expect(ends.filter(({ back }) => back !== null)).toHaveLength(1);
});

test('of sixteen requests that use one answer at once, one does', async () => {
  const { page } = await scene.begun();
  const flow_login = await logsInAtProvider(page);
  const answers = await atOnce(16, () => page.send('connection/finish', { flow_login }));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
});

test('of sixteen answers with one passkey at once, one counts', async () => {
  const { page, authenticator } = await aPasskeyInvitation(world);
  const { passkey } = (await page.send('existing/passkey', {})).body;
  const credential = JSON.parse(authenticator.authenticate(passkey));
  const answers = await atOnce(16, () => page.send('existing/passkey/verify', { credential }));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
});

test('of sixteen completions with an identity at once, one accepts', async () => {
  const { page, user, id } = await scene.begun();
  await proves(page);
  const answers = await atOnce(16, () => page.send('complete', {}));
  expect(answers.filter(({ body }) => body.login_ticket)).toHaveLength(1);
  expect(await findInvitation(world.db, id)).toMatchObject({ state: 'accepted' });
  expect((await linkedIdentities(world.db, [user.id])).get(user.id)).toHaveLength(1);
});
