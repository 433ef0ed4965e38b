import { ManagementClient } from 'auth0';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { trustedCertificate } from '../harness/certificate.ts';
import { aPassword, aPerson } from '../harness/factories.ts';
import { BOOTSTRAP, DEFAULT_CONNECTION, startServer, type TestServer } from '../harness/harness.ts';
import { startNameServer } from '../harness/name-server.ts';
import { linkIn } from '../harness/smtp-sink.ts';
import { PAGE_TEMPLATE, THEME } from '../tools/configured-tenant.ts';

let server: TestServer;
let names: Awaited<ReturnType<typeof startNameServer>>;
let certificate: Awaited<ReturnType<typeof trustedCertificate>>;
let management: ManagementClient;

function clientOf(withCustomDomainHeader?: string): ManagementClient {
  return new ManagementClient({
    domain: new URL(server.url).host,
    clientId: BOOTSTRAP.id,
    clientSecret: BOOTSTRAP.secret,
    ...(withCustomDomainHeader !== undefined && { withCustomDomainHeader }),
  });
}

beforeAll(async () => {
  certificate = await trustedCertificate();
  names = await startNameServer();
  server = await startServer({ tls: certificate, dnsServers: [names.address] });
  management = clientOf();
});

afterAll(() => {
  certificate?.remove();
  names?.close();
});

test('tenant settings are read, changed and refused', async () => {
  const { settings } = management.tenants;
  const changed = await settings.update({
    friendly_name: 'Meadow',
    support_email: 'help@meadow.test',
    session_lifetime_in_minutes: 90,
  });
  expect(changed).toMatchObject({ friendly_name: 'Meadow', session_lifetime: 1.5 });
  expect(await settings.get({ fields: 'support_email' })).toEqual({
    support_email: 'help@meadow.test',
  });
  await expect(settings.update({ support_email: 'nobody' })).rejects.toMatchObject({
    statusCode: 400,
  });
});

test('branding has colors, a theme and a page template, and a broken template is refused', async () => {
  const { branding } = management;
  await branding.update({ colors: { primary: '#1f7a5c' }, logo_url: 'https://cdn.test/l.png' });
  await branding.update({ logo_url: null });
  expect(await branding.get()).toEqual({ colors: { primary: '#1f7a5c' } });

  const { themeId, ...theme } = await branding.themes.create(THEME as never);
  expect(theme).toEqual(THEME);
  expect(await branding.themes.getDefault()).toMatchObject({ themeId });
  await branding.themes.update(themeId, { ...THEME, displayName: 'Other' } as never);
  expect((await branding.themes.get(themeId)).displayName).toBe('Other');
  await expect(branding.themes.create(THEME as never)).rejects.toMatchObject({ statusCode: 409 });
  await branding.themes.delete(themeId);
  await expect(branding.themes.getDefault()).rejects.toMatchObject({
    statusCode: 404,
    body: { errorCode: 'theme_not_found' },
  });

  await expect(branding.templates.getUniversalLogin()).rejects.toMatchObject({
    statusCode: 404,
    body: { errorCode: 'inexistent_templates_universal_login' },
  });
  await branding.templates.updateUniversalLogin(PAGE_TEMPLATE);
  await branding.templates.updateUniversalLogin({ template: PAGE_TEMPLATE });
  expect(await branding.templates.getUniversalLogin()).toEqual({ body: PAGE_TEMPLATE });
  await expect(branding.templates.updateUniversalLogin('<html></html>')).rejects.toMatchObject({
    statusCode: 400,
    body: {
      message: 'Payload content missing required Liquid tags (auth0:head and auth0:widget).',
    },
  });
  await expect(
    branding.templates.updateUniversalLogin(`${PAGE_TEMPLATE}{% if %}`),
  ).rejects.toMatchObject({
    statusCode: 400,
    body: { message: expect.stringMatching(/^Liquid template syntax error: /) },
  });
  await branding.templates.deleteUniversalLogin();
});

test('prompts keep their settings, texts, partials and rendering', async () => {
  const { prompts } = management;
  expect(await prompts.getSettings()).toEqual({
    universal_login_experience: 'new',
    identifier_first: false,
    webauthn_platform_first_factor: false,
  });
  expect(await prompts.updateSettings({ identifier_first: false })).toMatchObject({
    identifier_first: false,
  });
  await expect(prompts.updateSettings({ identifier_first: true })).rejects.toMatchObject({
    statusCode: 400,
  });
  const texts = { login: { title: 'Come in' } };
  await prompts.customText.set('login', 'en', texts);
  expect(await prompts.customText.get('login', 'en')).toEqual(texts);
  expect(await prompts.customText.get('login', 'de')).toEqual({});
  await prompts.customText.set('login', 'en', {});
  expect(await prompts.customText.get('login', 'en')).toEqual({});

  const partials = { login: { 'form-content-end': '<p>Closed on Sundays.</p>' } };
  await prompts.partials.set('login', partials);
  expect(await prompts.partials.get('login')).toEqual(partials);
  await expect(
    prompts.partials.set('login', { login: { 'form-content-end': '{% if %}' } }),
  ).rejects.toMatchObject({ statusCode: 400 });

  await prompts.rendering.update('login', 'login', { rendering_mode: 'standard', head_tags: [] });
  expect(await prompts.rendering.get('login', 'login')).toMatchObject({
    prompt: 'login',
    screen: 'login',
    rendering_mode: 'standard',
  });
});

test('a custom domain counts after its owner has published the proof', async () => {
  const { customDomains } = management;
  const made = await customDomains.create({
    domain: 'login.meadow.test',
    type: 'self_managed_certs',
  });
  const id = made.custom_domain_id;
  expect(made).toMatchObject({ status: 'pending_verification', primary: false });
  await expect(
    customDomains.create({ domain: 'LOGIN.meadow.test', type: 'self_managed_certs' }),
  ).rejects.toMatchObject({ statusCode: 409, body: { errorCode: 'custom_domain_conflict' } });
  await expect(customDomains.setDefault({ domain: 'login.meadow.test' })).rejects.toMatchObject({
    statusCode: 400,
  });

  expect(await customDomains.verify(id)).toMatchObject({ status: 'pending_verification' });
  const proof = made.verification.methods?.[0];
  names.records.set(proof?.domain ?? '', ['something else', proof?.record ?? '']);
  expect(await customDomains.verify(id)).toMatchObject({ status: 'ready' });
  await expect(customDomains.verify(id)).rejects.toMatchObject({ statusCode: 400 });
  expect(await customDomains.test(id)).toMatchObject({ success: true });

  expect(await customDomains.getDefault()).toEqual({ domain: new URL(server.url).host });
  expect(await customDomains.setDefault({ domain: 'login.meadow.test' })).toMatchObject({
    is_default: true,
  });
  await expect(customDomains.delete(id)).rejects.toMatchObject({ statusCode: 409 });
  await customDomains.setDefault({ domain: new URL(server.url).host });
  const changed = await customDomains.update(id, { domain_metadata: { region: 'north' } });
  expect(changed).toMatchObject({ domain_metadata: { region: 'north' } });
});

test('links in answers and mails have the domain of the header', async () => {
  const person = aPerson();
  const meadow = clientOf('login.meadow.test');
  const user = await meadow.users.create({
    email: person.email,
    password: aPassword(),
    connection: DEFAULT_CONNECTION,
    verify_email: true,
  });
  const { ticket } = await meadow.tickets.changePassword({ user_id: user.user_id ?? '' });
  expect(ticket).toMatch(/^https:\/\/login\.meadow\.test\/u\/reset-verify\?ticket=/);
  const mail = await server.sink.waitForMail(person.email);
  expect(linkIn(mail)).toMatch(/^https:\/\/login\.meadow\.test\/u\//);
  expect(mail.mail.text).toContain('Meadow');

  const plain = await management.tickets.changePassword({ user_id: user.user_id ?? '' });
  expect(plain.ticket.startsWith(`${server.url}/u/`)).toBe(true);
});

test.each([
  'login.stranger.test',
  'unproven.meadow.test',
  'x'.repeat(260),
])('the domain %.30s in the header is refused', async (domain) => {
  if (domain.startsWith('unproven')) {
    await management.customDomains.create({ domain, type: 'self_managed_certs' });
  }
  const email = aPerson().email;
  await expect(
    clientOf(domain).users.create({ email, password: aPassword(), connection: DEFAULT_CONNECTION }),
  ).rejects.toMatchObject({ statusCode: 400, body: { errorCode: 'invalid_header' } });
  expect(await management.users.listUsersByEmail({ email })).toEqual([]);
  // The header does no harm on routes without a use for it.
  await clientOf(domain).tenants.settings.get();
});
