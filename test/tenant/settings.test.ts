import { beforeAll, expect, test } from 'vitest';
import { type ManagementFixture, startManagementApi } from '../management-api/fixture.ts';

let api: ManagementFixture;
const SETTINGS = '/tenants/settings';
const patch = (body: unknown) => api.call('PATCH', SETTINGS, body);

beforeAll(async () => {
  api = await startManagementApi();
});

test('an unconfigured server answers with the effective defaults', async () => {
  const { status, body } = await api.call('GET', SETTINGS);
  expect(status).toBe(200);
  expect(body).toMatchObject({
    allowed_logout_urls: [],
    enabled_locales: ['en', 'de', 'fr'],
    flags: {},
    device_flow: { charset: 'base20', mask: '****-****' },
    session_lifetime: 168,
    idle_session_lifetime: 72,
    ephemeral_session_lifetime: 72,
    idle_ephemeral_session_lifetime: 24,
  });
});

test('omitted settings stay, and flags change one by one', async () => {
  await patch({
    friendly_name: 'Meadow',
    support_email: 'help@meadow.test',
    flags: {
      enable_public_signup_user_exists_error: true,
      enforce_client_authentication_on_passwordless_start: false,
    },
  });
  const changed = await patch({
    support_url: 'https://meadow.test/help',
    flags: { enforce_client_authentication_on_passwordless_start: true },
    allow_organization_name_in_authentication_api: true,
  });
  expect(changed.status).toBe(200);
  expect(changed.body).toMatchObject({
    friendly_name: 'Meadow',
    support_email: 'help@meadow.test',
    support_url: 'https://meadow.test/help',
    flags: {
      enable_public_signup_user_exists_error: true,
      enforce_client_authentication_on_passwordless_start: true,
    },
    allow_organization_name_in_authentication_api: true,
  });
  expect((await api.call('GET', SETTINGS)).body).toEqual(changed.body);
  await patch({ allow_organization_name_in_authentication_api: null });
});

test('an empty text and a null remove a setting', async () => {
  await patch({ support_email: 'help@meadow.test', error_page: { url: 'https://meadow.test/oh' } });
  const { body } = await patch({ support_email: '', error_page: null });
  expect(body).not.toHaveProperty('support_email');
  expect(body).not.toHaveProperty('error_page');
});

test('lifetimes are set in hours or in minutes, and returned in hours', async () => {
  const { body } = await patch({ session_lifetime_in_minutes: 90, idle_session_lifetime: 1 });
  expect(body).toMatchObject({ session_lifetime: 1.5, idle_session_lifetime: 1 });
  const both = await patch({ session_lifetime: 1, session_lifetime_in_minutes: 60 });
  expect(both).toMatchObject({ status: 400, body: { errorCode: 'invalid_body' } });
});

test('fields are included or excluded', async () => {
  const some = await api.call('GET', `${SETTINGS}?fields=enabled_locales,flags`);
  expect(Object.keys(some.body).sort()).toEqual(['enabled_locales', 'flags']);
  const others = await api.call('GET', `${SETTINGS}?fields=flags&include_fields=false`);
  expect(others.body).not.toHaveProperty('flags');
  expect(others.body).toHaveProperty('enabled_locales');
});

test.each([
  [{}, "Payload validation error: 'Too few properties defined (0), minimum 1'."],
  [
    { frendly_name: 'x' },
    "Payload validation error: 'Additional properties not allowed: frendly_name'.",
  ],
  [
    { flags: { enable_teleport: true } },
    "Payload validation error: 'Additional properties not allowed: enable_teleport' on property flags (Flags used to change the behavior of this tenant).",
  ],
  [
    { support_email: 'nobody' },
    "Payload validation error: 'Object didn't pass validation for format email-or-empty: nobody' on property support_email (Email address for support).",
  ],
  [
    { default_redirection_uri: 'http://meadow.test' },
    "Payload validation error: 'Object didn't pass validation for format absolute-https-uri-or-empty: http://meadow.test' on property default_redirection_uri (URL for users who come without an application. Must use HTTPS).",
  ],
  [
    { enabled_locales: [] },
    "Payload validation error: 'Array is too short (0), minimum 1' on property enabled_locales (Languages of the pages. The first one is the default).",
  ],
  [
    { enabled_locales: ['tlh'] },
    "Payload validation error: 'No enum match for: tlh' on property enabled_locales[0] (Language).",
  ],
  [
    { session_lifetime: 0 },
    "Payload validation error: 'Value 0 is less than minimum 1' on property session_lifetime (Maximum lifetime of a session, in hours).",
  ],
])('%j is refused with the words that clients know', async (body, message) => {
  expect(await patch(body)).toMatchObject({
    status: 400,
    body: { statusCode: 400, error: 'Bad Request', message, errorCode: 'invalid_body' },
  });
});

test('eight simultaneous writers lose nothing', async () => {
  const changes = [
    { friendly_name: 'Meadow' },
    { support_email: 'all@meadow.test' },
    { support_url: 'https://meadow.test/all' },
    { picture_url: 'https://meadow.test/logo.png' },
    { session_lifetime: 11 },
    { allowed_logout_urls: ['https://meadow.test/bye'] },
    { flags: { enable_public_signup_user_exists_error: true } },
    { flags: { enforce_client_authentication_on_passwordless_start: true } },
  ];
  await Promise.all(changes.map((change) => patch(change)));
  const { body } = await api.call('GET', SETTINGS);
  for (const change of changes) expect(body).toMatchObject(change);
});

test.each([null, ''])('the picture is removed with %j', async (nothing) => {
  await patch({ picture_url: 'https://meadow.test/logo.png' });
  expect((await patch({ picture_url: nothing })).status).toBe(200);
  expect((await api.call('GET', SETTINGS)).body.picture_url).toBeUndefined();
});
