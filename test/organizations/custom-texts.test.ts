import { beforeAll, expect, test } from 'vitest';
import { plainBrowser } from '../harness/plain-browser.ts';
import { formOf, textOf } from '../harness/visitor.ts';
import { made, openTab, openWorld, type Shown, type World } from '../harness/world.ts';

const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';
/** A placeholder in the syntax of the API. */
const put = (name: string) => `$\{${name}}`;
/** Prompt → screen → names that are on its pages. */
const PROMPTS: Record<string, Record<string, string[]>> = {
  organizations: {
    'organization-selection': [
      'title',
      'description',
      'buttonText',
      'placeholder',
      'invalid-organization',
    ],
    'organization-picker': ['title', 'description'],
  },
  invitation: { 'accept-invitation': ['title', 'description', 'buttonText'] },
  'device-flow': {
    'device-code-activation': ['title', 'description', 'buttonText', 'placeholder', 'invalid-code'],
    'device-code-confirmation': ['title', 'description', 'confirmText', 'cancelText'],
    'device-code-activation-allowed': ['title', 'description'],
    'device-code-activation-denied': ['title', 'description'],
  },
};

let world: World;

beforeAll(async () => {
  world = await openWorld();
  await world.server.api('PATCH', '/api/v2/tenants/settings', { friendly_name: 'Valley' });
  for (const [prompt, screens] of Object.entries(PROMPTS)) {
    const texts = Object.fromEntries(
      Object.entries(screens).map(([screen, names]) => [
        screen,
        Object.fromEntries(
          names.map((name) => [
            name,
            `[${screen} ${name}] <i>${put('companyName')}/${put('clientName')}`,
          ]),
        ),
      ]),
    );
    const path = `/api/v2/prompts/${prompt}/custom-text/en`;
    expect((await world.server.api('PUT', path, texts)).status).toBe(200);
  }
  await fetch(`${world.server.url}/u/logged-out`, { headers: { accept: 'text/html' } });
});

/** Returns the operator's texts on a page, by the placeholders in them. */
function said({ page }: Shown): Record<string, string[]> {
  expect(page).not.toContain('<i>');
  const found: Record<string, string[]> = {};
  for (const [, screen = '', name = ''] of textOf({ html: page }).matchAll(/\[(\S+) (\S+)\] <i>/g))
    found[screen] = [...new Set([...(found[screen] ?? []), name])];
  return found;
}

test('the organization page shows the operator’s texts', async () => {
  const client = await world.registerClient({
    organization_usage: 'require',
    organization_require_behavior: 'pre_login_prompt',
  });
  const tab = openTab();
  const page = await tab.go(world.authorize(client));
  expect(said(page)).toEqual({
    'organization-selection': ['title', 'description', 'placeholder', 'buttonText'],
  });
  expect(textOf({ html: page.page })).toContain(
    '[organization-selection title] <i>Valley/Meadow [organization-selection description]',
  );
  const unknown = await tab.send({ organization: 'no-such-one' });
  expect(said(unknown)['organization-selection']).toContain('invalid-organization');
});

test('the page to choose an organization shows the operator’s texts', async () => {
  const client = await world.registerClient({
    organization_usage: 'require',
    organization_require_behavior: 'post_login_prompt',
  });
  const organization = await world.anOrganization();
  const person = await world.aMember(organization);
  await made(world.server, `/organizations/${(await world.anOrganization()).id}/members`, {
    members: [person.userId],
  });
  const tab = openTab();
  await tab.go(world.authorize(client));
  const page = await tab.send({ username: person.email, password: person.password });
  expect(said(page)).toEqual({ 'organization-picker': ['title', 'description'] });
});

test('the invitation page of an organization shows the operator’s texts', async () => {
  const client = await world.registerClient();
  const acme = await world.anOrganization({ display_name: 'Acme' });
  const { ticket_id: invitation } = await world.inviteTo(acme, client);
  const page = await openTab().go(world.authorize(client, { organization: acme.id, invitation }));
  expect(said(page)).toEqual({ 'accept-invitation': ['title', 'description', 'buttonText'] });
  expect(textOf({ html: page.page })).toContain('[accept-invitation title] <i>Acme/Meadow');
});

test('the device pages show the operator’s texts', async () => {
  const { client_id } = await made(world.server, '/clients', {
    name: 'Television',
    app_type: 'native',
    token_endpoint_auth_method: 'none',
    grant_types: [DEVICE_CODE],
  });
  const connections = `/api/v2/connections/${world.connectionId}/clients`;
  await world.server.api('PATCH', connections, [{ client_id, status: true }]);
  const person = await world.createUser();
  const begin = async (): Promise<string> => {
    const answer = await fetch(`${world.server.url}/oauth/device/code`, {
      method: 'POST',
      body: new URLSearchParams({ client_id, scope: 'openid' }),
    });
    return ((await answer.json()) as { user_code: string }).user_code;
  };

  const browser = plainBrowser();
  const tab = openTab(browser);
  /** Presses a button of the current page, which a reload would no longer show. */
  const press = async ({ page }: Shown, button: Record<string, string>): Promise<Shown> => {
    const { action, fields } = formOf(page);
    const url = new URL(action, world.server.url).href;
    const answer = await browser.post(url, { ...fields, ...button });
    const next = answer.headers.get('location');
    if (next !== null) return tab.go(new URL(next, url).href);
    return { url, page: answer.page, back: null, status: answer.status };
  };
  const input = await tab.go(`${world.server.url}/activate`);
  expect(said(input)).toEqual({
    'device-code-activation': ['title', 'description', 'placeholder', 'buttonText'],
  });
  const wrong = await tab.send({ user_code: 'BBBB-BBBB' });
  expect(said(wrong)['device-code-activation']).toContain('invalid-code');
  const confirm = await tab.send({ user_code: await begin() });
  expect(said(confirm)).toEqual({
    'device-code-confirmation': ['title', 'description', 'confirmText', 'cancelText'],
  });
  expect(textOf({ html: confirm.page })).toContain(
    '[device-code-confirmation description] <i>Valley/Television',
  );
  const refused = await press(confirm, { abort: 'yes' });
  expect(said(refused)).toEqual({ 'device-code-activation-denied': ['title', 'description'] });

  await tab.go(`${world.server.url}/activate`);
  await press(await tab.send({ user_code: await begin() }), { confirm: 'yes' });
  const done = await tab.send({ username: person.email, password: person.password });
  expect(said(done)).toEqual({ 'device-code-activation-allowed': ['title', 'description'] });
});
