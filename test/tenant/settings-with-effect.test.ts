import { beforeAll, expect, test } from 'vitest';
import { markDomainVerified } from '../../src/records/custom-domains/custom-domains.ts';
import { postToken } from '../authentication/fixture.ts';
import { aPassword, aPerson } from '../harness/factories.ts';
import { DEFAULT_CONNECTION, startServer, type TestServer } from '../harness/harness.ts';
import { registerClient } from '../harness/registered.ts';

// Settings that were kept and did nothing.
const REALM = 'http://auth0.com/oauth/grant-type/password-realm';

let server: TestServer;
let app: { client_id: string; client_secret: string };

beforeAll(async () => {
  server = await startServer();
  const { id: clientId, secret: clientSecret } = await registerClient(server, {
    name: 'Meadow',
    app_type: 'regular_web',
    grant_types: ['password', REALM],
    organization_usage: 'allow',
    initiate_login_uri: 'https://{custom_domain.metadata.public_host}/login',
  });
  app = { client_id: clientId, client_secret: String(clientSecret) };
});

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers whose shape is what they test
async function call(method: string, path: string, body?: object): Promise<any> {
  const answer = await server.api(method, `/api/v2${path}`, body);
  expect(answer.status, answer.text).toBeLessThan(300);
  return answer.body;
}

async function aStore(name: string, more: object = {}) {
  const enabled_clients = [app.client_id];
  const { id } = await call('POST', '/connections', {
    name,
    strategy: 'auth0',
    enabled_clients,
    ...more,
  });
  const person = { email: aPerson().email, password: aPassword() };
  const { user_id } = await call('POST', '/users', { connection: name, ...person });
  return { id, person, user_id };
}

const logIn = async (person: { email: string; password: string }, fields: object) => {
  const { email: username, password } = person;
  const { status } = await postToken(server, { ...app, username, password, ...fields });
  return status;
};

test('a connection is found by each of its realms, and by its name', async () => {
  const { person } = await aStore('staff-store', { realms: ['staff', 'crew'] });
  const statuses: Record<string, number> = {};
  for (const realm of ['staff', 'staff-store', 'crew', 'guests']) {
    statuses[realm] = await logIn(person, { grant_type: REALM, realm });
  }
  expect(statuses).toEqual({ staff: 200, 'staff-store': 200, crew: 200, guests: 400 });
});

test('the password grant uses the default directory until it is deleted', async () => {
  const { id, person } = await aStore('directory');
  const grant = { grant_type: 'password' };
  expect(await logIn(person, grant)).toBe(500);
  await call('PATCH', '/tenants/settings', { default_directory: 'directory' });
  await expect.poll(() => logIn(person, grant), { timeout: 10_000 }).toBe(200);
  const names = [DEFAULT_CONNECTION, 'staff-store'];
  const stores: { id: string; name: string }[] = await call('GET', '/connections?fields=id,name');
  for (const store of stores.filter(({ name }) => names.includes(name))) {
    await call('PATCH', `/connections/${store.id}`, { enabled_clients: [] });
  }
  const other = await aStore('only');
  await call('DELETE', `/connections/${id}`);
  // No reference points to a deleted object: the remaining one is intended.
  await expect.poll(() => logIn(other.person, grant), { timeout: 10_000 }).toBe(200);
});

test('metadata of a domain appears in mails and in the address of the application', async () => {
  const { custom_domain_id: id } = await call('POST', '/custom-domains', {
    domain: 'id.meadow.test',
    type: 'self_managed_certs',
    domain_metadata: { region: 'north', public_host: 'app.meadow.test' },
  });
  const organization = await call('POST', '/organizations', { name: 'meadow' });
  const invite = () =>
    server.api<{ invitation_url: string; message: string }>(
      'POST',
      `/api/v2/organizations/${organization.id}/invitations`,
      {
        client_id: app.client_id,
        inviter: { name: 'Ada' },
        invitee: { email: aPerson().email },
        send_invitation_email: false,
      },
    );
  expect((await invite()).status).toBe(400);
  await markDomainVerified(server.app.deps.db, id, new Date());
  await call('PATCH', '/custom-domains/default', { domain: 'ID.meadow.test' });
  const { invitation_url: url } = (await invite()).body;
  expect(new URL(url).origin + new URL(url).pathname).toBe('https://app.meadow.test/login');

  await call('PUT', '/email-templates/verify_email', {
    template: 'verify_email',
    body: '<p>{{ custom_domain.domain }} in the {{ custom_domain.domain_metadata.region }}: {{ url }}</p>',
    from: null,
    subject: 'Hello',
    syntax: 'liquid',
    enabled: true,
  });
  const { email } = aPerson();
  await call('POST', '/users', {
    connection: 'only',
    email,
    password: aPassword(),
    verify_email: true,
  });
  const { mail } = await server.sink.waitForMail(email);
  expect(mail.text).toContain('id.meadow.test in the north: https://id.meadow.test/');
});
