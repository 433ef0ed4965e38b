import { beforeAll, beforeEach, expect, test } from 'vitest';
import { changeTenantSettings } from '../../src/records/settings/settings.ts';
import type { ReceivedMail } from '../harness/smtp-sink.ts';
import {
  type ApiClient,
  made,
  type Organization,
  openTab,
  openWorld,
  type World,
} from '../harness/world.ts';
import { THEME } from '../tools/configured-tenant.ts';

const ACME = {
  logo_url: 'https://cdn.acme.test/logo.png',
  colors: { primary: '#7a1f5c', page_background: '#201a3d' },
};
const MEADOW = {
  logo_url: 'https://cdn.meadow.test/logo.png',
  colors: { primary: '#ffe14d', page_background: '#f0f4f1' },
};

let world: World;
let client: ApiClient;
let acme: Organization;

beforeAll(async () => {
  world = await openWorld();
  client = await world.registerClient();
  acme = await world.anOrganization({ display_name: 'Acme & <Sons>', branding: ACME });
});

beforeEach(async () => {
  await set('PATCH', '/branding', { logo_url: null, colors: null });
  await set('PATCH', '/tenants/settings', { friendly_name: 'Meadow', picture_url: '' });
});

const set = async (method: string, path: string, body?: unknown) => {
  const answer = await world.server.api(method, `/api/v2${path}`, body);
  expect(answer.status).toBeLessThan(300);
};

/** Returns the mail for a forgotten password. Each is for a new user, because mails to one user are limited. */
async function resetMail(organization: Organization | null = null): Promise<ReceivedMail> {
  const person = organization ? await world.aMember(organization) : await world.createUser();
  const tab = openTab();
  const query = organization && { organization: organization.id };
  const login = await tab.go(world.authorize(client, { ...query }));
  await tab.go(login.url.replace('/u/login', '/u/reset-password/request'));
  await tab.send({ email: person.email });
  return world.server.sink.waitForMail(person.email);
}
const htmlOf = (mail: ReceivedMail): string => mail.mail.html ?? '';
/** Removes the parts that differ from mail to mail. */
const textOf = ({ mail, to }: ReceivedMail) =>
  (mail.text ?? '').replaceAll(to[0] ?? '', 'TO').replace(/ticket=\S+/g, 'ticket=…');

test('a mail has the color, logo and background of the branding, and its text part stays the same', async () => {
  const plain = await resetMail();
  expect(htmlOf(plain)).not.toContain('<img');
  expect(htmlOf(plain)).toContain('bgcolor="#0f6b5c"');
  await set('PATCH', '/branding', MEADOW);
  const branded = await resetMail();
  const html = htmlOf(branded);
  expect(html).toMatch(
    /<img class="logo" src="https:\/\/cdn\.meadow\.test\/logo\.png" alt="Meadow"/,
  );
  // The label is readable on yellow, and the links are readable on white and on black.
  expect(html).toMatch(/bgcolor="#ffe14d"[\s\S]*color:#000000;text-decoration:none/);
  expect(html).toContain('<body class="page" style="margin:0;padding:0;background:#f0f4f1">');
  expect(html).not.toContain('style="color:#ffe14d"');
  expect(html).toContain('.link{color:#ffe14d!important}');
  expect(textOf(branded)).toBe(textOf(plain));
});

test("the tenant's picture is the logo if branding has none, and only https pictures appear", async () => {
  await set('PATCH', '/tenants/settings', { picture_url: 'https://cdn.meadow.test/tenant.png' });
  expect(htmlOf(await resetMail())).toContain('src="https://cdn.meadow.test/tenant.png"');
  // Earlier versions accepted it.
  await changeTenantSettings(
    world.server.app.deps.db,
    { pictureUrl: 'http://cdn.meadow.test/tenant.png' },
    new Date(),
  );
  expect(htmlOf(await resetMail())).not.toContain('<img');
});

test('the theme wins over the branding, in mails as on pages', async () => {
  await set('PATCH', '/branding', MEADOW);
  const theme = await made(world.server, '/branding/themes', {
    ...THEME,
    widget: { ...THEME.widget, logo_url: 'https://cdn.meadow.test/theme.png' },
  });
  const html = htmlOf(await resetMail());
  await set('DELETE', `/branding/themes/${theme.themeId}`);
  expect(html).toContain(`bgcolor="${THEME.colors.primary_button}"`);
  expect(html).toContain('src="https://cdn.meadow.test/theme.png"');
});

test("a mail of an organization has the organization's branding", async () => {
  await set('PATCH', '/branding', MEADOW);
  const { email } = await world.createUser();
  await world.inviteTo(acme, client, { invitee: { email }, send_invitation_email: true });
  const invitation = await world.server.sink.waitForMail(email);
  const reset = await resetMail(acme);
  for (const html of [htmlOf(invitation), htmlOf(reset)]) {
    expect(html).toContain('src="https://cdn.acme.test/logo.png" alt="Acme &#38; &#60;Sons&#62;"');
    expect(html).toContain('bgcolor="#7a1f5c"');
    // Text below the card is readable on its dark page, by day and by night.
    expect(html).toContain('.page{background:#201a3d!important}');
  }
});

test("an operator's template reads the branding by its documented names", async () => {
  await set('PATCH', '/branding', MEADOW);
  const body =
    '{{ url }}<p>{{ branding.logo_url }} {{ branding.colors.primary }} {{ branding.colors.page_background }} | ' +
    '{{ organization.branding.logo_url }} {{ organization.branding.colors.primary }} {{ organization.display_name }}</p>';
  const template = { template: 'reset_email', subject: 'S', from: null, syntax: 'liquid' };
  await set('PUT', '/email-templates/reset_email', { ...template, body, enabled: true });
  const [alone, within] = [await resetMail(), await resetMail(acme)];
  await set('PATCH', '/email-templates/reset_email', { enabled: false });
  const ours = 'https://cdn.meadow.test/logo.png #ffe14d #f0f4f1';
  expect(htmlOf(alone)).toContain(`<p>${ours} |   </p>`);
  expect(htmlOf(within)).toContain(
    `<p>${ours} | https://cdn.acme.test/logo.png #7a1f5c Acme &#38; &#60;Sons&#62;</p>`,
  );
});

test.each([
  ['red;}*{display:none', 'https://x.test/"onerror="alert(1)'],
  ['#fff}</style><script>', "https://x.test/'><script>alert(1)</script>"],
  ['url(https://x.test)', 'javascript:alert(1)'],
  ['expression(alert(1))', 'data:image/svg+xml,<svg onload=alert(1)>'],
])('a color such as %s and a logo such as %s do not break out of a mail', async (color, logo) => {
  // The API refuses them, so the test writes them as another version or program might.
  await set('PATCH', '/branding', MEADOW);
  await world.server.app.database.execute(
    "update branding set value = $1, revision = nextval('branding_revision') where kind = 'settings'",
    [JSON.stringify({ primary: color, pageBackground: color, logoUrl: logo })],
  );
  const html = htmlOf(await resetMail());
  expect(html).not.toContain(color);
  expect(html).not.toMatch(/<script|onerror="|onload=|javascript:|display:none\b(?!;max-height)/);
  expect(html.match(/<style/g)).toHaveLength(1);
  expect(html).toContain('bgcolor="#0f6b5c"');
});
