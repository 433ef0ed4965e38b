import { beforeAll, expect, test } from 'vitest';
import { aPerson } from '../harness/factories.ts';
import { eventually } from '../harness/harness.ts';
import { type ApiClient, made, openWorld, type World } from '../harness/world.ts';
import { newAuthenticator } from './authenticator.ts';
import { openDoor } from './door.ts';

let world: World;
let client: ApiClient;

beforeAll(async () => {
  world = await openWorld();
  client = await world.registerClient();
});

const passkeys = (more: object = {}) =>
  world.server.api('PATCH', `/api/v2/connections/${world.connectionId}`, {
    options: { authentication_methods: { passkey: { enabled: true } }, ...more },
  });

const device = () => newAuthenticator(world.server.url);

const signUp = async (email: string) => {
  const link = world.authorize(client, { screen_hint: 'signup' });
  const door = await openDoor(world, link);
  const options = await door.options({ email });
  await door.sends(device().register(options), { email });
};

const accept = async (link: string) => {
  const door = await openDoor(world, link);
  await door.sends(device().register(await door.options()));
};

test.each<[string, (email: string) => Promise<unknown>]>([
  ['a sign-up', signUp],
  [
    'a sign-up that says nothing',
    async (email) => {
      await passkeys({ enumeration: 'hide' });
      await signUp(email);
    },
  ],
  [
    'an invitation',
    async (email) => {
      const user = await world.aUser({ id: world.connectionId }, { email });
      const { secret } = await world.anInvitation(user, { clientId: client.id });
      await accept(`${world.server.url}/u/invitation?ticket=${secret}`);
    },
  ],
  [
    'the invitation of an organization',
    async (email) => {
      const organization = await world.anOrganization();
      const invited = await world.inviteTo(organization, client, { invitee: { email } });
      const invitation = invited.ticket_id;
      await accept(world.authorize(client, { organization: organization.id, invitation }));
    },
  ],
  [
    'the management API',
    async (email) => {
      const { id } = await world.aUser({ id: world.connectionId }, { email });
      const { credentialId, publicKey } = device();
      await made(world.server, `/users/${encodeURIComponent(id)}/authentication-methods`, {
        type: 'passkey',
        key_id: credentialId,
        public_key: publicKey,
      });
    },
  ],
])('a passkey that comes by %s is in the tenant log', async (_door, comes) => {
  await passkeys();
  const { email } = aPerson();
  await comes(email);
  const entry = await eventually(async () => {
    const entries = await world.logs('q=type:gd_enrollment_complete');
    return entries.find(({ user_name }) => user_name === email);
  });
  expect(entry).toMatchObject({ user_id: expect.any(String), details: { factor: 'passkey' } });
});
