import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { appoint } from '../console/administrator.ts';
import { barriers } from '../harness/accessible.ts';
import { launchBrowser } from '../harness/browser.ts';
import { startServer, type TestServer } from '../harness/harness.ts';
import { aProvider } from '../harness/providers/person.ts';
import { startSmallProvider } from '../harness/providers/small-provider.ts';
import { failAtBoom, openStillWorld } from '../harness/world.ts';
import { everyPage } from '../hosted-pages/every-page.ts';

const TEMPLATES = join(import.meta.dirname, '../../src/http');
/** Pieces of pages. */
const PARTS = ['scope-row'];
const PASSWORD = 'Tulip-Canal-77';
const LOGIN_LINK = /https?:[^\s"\\]+\/passwordless\/verify_redirect\?ticket=\w+/;
const CALLBACK = 'https://app.example.test/callback';

let browser: Browser;
const seen = new Set<string>();

beforeAll(async () => {
  browser = await launchBrowser();
});

async function openedBy(visit: (page: Page) => Promise<unknown>): Promise<string[]> {
  const context = await browser.newContext({ locale: 'en-GB' });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  await visit(page);
  const found = await barriers(page);
  await context.close();
  return found;
}

test('the check finds every planted accessibility fault', async () => {
  const found = await openedBy((page) =>
    page.setContent(`<!doctype html><html lang="en"><title>Closed</title><main><h1>Closed</h1>
      <input id="nameless"><p style="color:#999;background:#fff">Faint</p>
      <button style="outline:none">Unseen</button><pre style="width:500px">Wide</pre></main>`),
  );
  expect(found.map((each) => each.replace(/:.*|^\d+ /s, ''))).toEqual(
    expect.arrayContaining([
      'label',
      'color-contrast',
      'focus unseen',
      'pixels stick out to the side',
    ]),
  );
});

test('every hosted page is accessible', async () => {
  const world = await openStillWorld({}, { prepare: failAtBoom });
  const found: Record<string, string[]> = {};
  for (const { name, template, path, act } of await everyPage(world)) {
    // The same elements with other texts.
    if (/-(long|strong)$/.test(name)) continue;
    seen.add(template);
    const problems = await openedBy(async (page) => {
      await page.goto(`${world.publicUrl}${path}`);
      await act?.(page);
    });
    if (problems.length > 0) found[name] = problems;
  }
  const provider = await startSmallProvider();
  const connection = await world.aConnection();
  const { id: clientId } = await world.aClient(connection);
  await aProvider(world, {
    name: 'acme-id',
    options: { ...provider.options, domain_aliases: ['acme.example'] },
    clientIds: [clientId],
  });
  const email = 'ada@acme.example';
  await world.aUser(connection, { email, emailVerified: true, password: PASSWORD });
  provider.logsIn({ sub: 'ada', email, email_verified: true });
  const login = `${world.publicUrl}${await world.authorizePath(clientId)}`;
  seen.add('link-account');
  const withProvider = await openedBy((page) => page.goto(login));
  const linking = await openedBy(async (page) => {
    await page.goto(login);
    await page.getByRole('button', { name: 'Continue with acme-id' }).click();
    await page.getByRole('heading', { name: 'Is this your account?' }).waitFor();
  });
  seen.add('invitation-provider');
  const invited = await world.aUser(connection, { email: 'bo@acme.example' });
  const properties = { size: { type: 'integer', description: 'In centimetres.' } };
  const profileSchema = { type: 'object', properties, required: ['size'] };
  const { secret } = await world.anInvitation(invited, { clientId, plan: { profileSchema } });
  const asking = await openedBy(async (page) => {
    await page.goto(`${world.publicUrl}/u/invitation?ticket=${secret}`);
    await page.getByRole('button', { name: 'Continue with acme-id' }).click();
    await page.getByText('Tell us this first').waitFor();
    await page.getByRole('button', { name: 'Continue with acme-id' }).click();
    await page.getByText('Fill in this field.').waitFor();
  });
  expect([withProvider, linking, asking]).toEqual([[], [], []]);
  expect(found).toEqual({});
}, 120_000);

test('every page of the console and beside it is accessible', async () => {
  const server = await startServer({ smtpUrl: undefined });
  const found: Record<string, string[]> = {};
  const look = async (name: string, template: string, visit: (page: Page) => Promise<unknown>) => {
    seen.add(template);
    const problems = await openedBy(visit);
    if (problems.length > 0) found[name] = problems;
  };
  const link = await appoint(server, 'eve@example.test');
  await openedBy(async (page) => {
    await page.goto(link);
    await page.fill('#password', PASSWORD);
    await page.click('button.primary');
    await page.waitForURL('**/console');
  });
  const toConsole = async (page: Page, path = '/console') => {
    await page.goto(`${server.url}/console`);
    await page.fill('#username', 'eve@example.test');
    await page.fill('#password', PASSWORD);
    await page.click('button.primary');
    await page.waitForURL('**/console');
    if (path !== '/console') await page.goto(`${server.url}${path}`);
  };
  await look('console', 'home', (page) => toConsole(page));
  await look('console, chosen', 'home', (page) => toConsole(page, '/console?for=import'));
  const makes = async (page: Page) => {
    await toConsole(page, '/console?for=import');
    await page.getByLabel('Name').fill('Nightly import');
    await page.getByRole('button', { name: 'Create' }).click();
    await page.locator('[data-client-secret]').waitFor();
  };
  await look('console, credentials', 'credentials', makes);
  await look('console, revoke', 'revoke', async (page) => {
    await toConsole(page);
    await page.getByRole('link', { name: 'Revoke Nightly import' }).click();
  });
  await look('console, gone', 'message', (page) =>
    toConsole(page, '/console/credentials/nobody/revoke'),
  );
  const at = (path: string) => (page: Page) => page.goto(`${server.url}${path}`);
  await look('start page', 'start-page', at('/'));
  await look('mailbox', 'mailbox', at('/dev/mailbox'));
  await look('unknown application', 'message', at('/authorize?client_id=nobody'));
  await look('device', 'device', at('/activate'));

  const { client, organization, invitation } = await anOrganization(server);
  const authorize = (params: Record<string, string>, clientId = client) =>
    at(
      `/authorize?${new URLSearchParams({
        response_type: 'code',
        client_id: clientId,
        redirect_uri: CALLBACK,
        scope: 'openid',
        ...params,
      })}`,
    );
  await look('organization, name', 'organization', authorize({}));
  await look(
    'organization, invitation',
    'organization-invitation',
    authorize({ organization, invitation }),
  );
  const { link: loginLink, client: passwordless } = await aLoginLink(server);
  await look('link to log in with', 'passwordless-link', (page) => page.goto(loginLink));
  const asksForAddress = authorize({ connection: 'email' }, passwordless);
  await look('code to log in with, address', 'login-code-address', asksForAddress);
  await look('code to log in with', 'login-code', async (page) => {
    await asksForAddress(page);
    await page.fill('#address', 'grace@example.test');
    await Promise.all([page.waitForEvent('load'), page.click('button.primary')]);
  });
  await look('mail', 'mailbox', async (page) => {
    await page.goto(`${server.url}/dev/mailbox`);
    await page.locator('.mails a').first().click();
  });
  expect(found).toEqual({});
}, 120_000);

test('the check has seen every template', () => {
  const all = ['hosted-pages/page/templates', 'console/templates', 'start-page'].flatMap((folder) =>
    readdirSync(join(TEMPLATES, folder))
      .filter((candidate) => candidate.endsWith('.liquid'))
      .map((each) => each.replace('.liquid', '')),
  );
  expect(all.filter((candidate) => !PARTS.includes(candidate) && !seen.has(candidate))).toEqual([]);
});

async function made<T>(server: TestServer, path: string, body: unknown): Promise<T> {
  const answer = await server.api<T>('POST', `/api/v2${path}`, body);
  if (answer.status >= 300) throw new Error(`POST ${path}: ${answer.status} ${answer.text}`);
  return answer.body;
}

/** An application with organizations, and an invitation to one. */
async function anOrganization(server: TestServer) {
  const { client_id: client } = await made<{ client_id: string }>(server, '/clients', {
    name: 'Meadow',
    app_type: 'regular_web',
    oidc_conformant: true,
    callbacks: [CALLBACK],
    initiate_login_uri: 'https://app.example.test/login',
    organization_usage: 'require',
    organization_require_behavior: 'pre_login_prompt',
  });
  const { body } = await server.api<{ id: string }[]>('GET', '/api/v2/connections');
  const connection_id = body[0]?.id ?? '';
  await server.api('PATCH', `/api/v2/connections/${connection_id}/clients`, [
    { client_id: client, status: true },
  ]);
  const { id: organization } = await made<{ id: string }>(server, '/organizations', {
    name: 'acme',
    enabled_connections: [
      { connection_id, is_signup_enabled: true, assign_membership_on_login: true },
    ],
  });
  const { ticket_id: invitation } = await made<{ ticket_id: string }>(
    server,
    `/organizations/${organization}/invitations`,
    {
      inviter: { name: 'Ina Viter' },
      invitee: { email: 'ada@example.test' },
      client_id: client,
      send_invitation_email: false,
    },
  );
  return { client, organization, invitation };
}

/** Returns a mailed login link, and the application that it belongs to. */
async function aLoginLink(server: TestServer): Promise<{ client: string; link: string }> {
  const { client_id: client } = await made<{ client_id: string }>(server, '/clients', {
    name: 'Links',
    app_type: 'regular_web',
    oidc_conformant: true,
    callbacks: [CALLBACK],
  });
  await made(server, '/connections', {
    name: 'email',
    strategy: 'email',
    enabled_clients: [client],
  });
  const answer = await fetch(`${server.url}/passwordless/start`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      client_id: client,
      connection: 'email',
      email: 'ada@example.test',
      send: 'link',
    }),
  });
  if (!answer.ok) throw new Error(await answer.text());
  const end = Date.now() + 20_000;
  while (Date.now() < end) {
    const shown = await fetch(`${server.url}/dev/mailbox/messages?to=ada@example.test`);
    const link = LOGIN_LINK.exec(await shown.text())?.[0];
    if (link !== undefined) return { client, link };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('The mail did not come.');
}
