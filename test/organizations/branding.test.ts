import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { textOf } from '../harness/visitor.ts';
import {
  type ApiClient,
  made,
  openTab,
  openWorld,
  type Shown,
  type World,
} from '../harness/world.ts';
import { SECRET } from '../second-factors/factors.ts';

const ACME = {
  display_name: 'Acme & <Sons>',
  branding: {
    logo_url: 'https://cdn.acme.test/logo.png',
    colors: { primary: '#7a1f5c', page_background: '#fdf0f7' },
  },
};
/** A placeholder in the syntax of the API. */
const put = (name: string) => `$\{${name}}`;

let world: World;
let client: ApiClient;

beforeAll(async () => {
  world = await openWorld();
  client = await world.registerClient({ logo_uri: 'https://cdn.meadow.test/app.png' });
  await set('PATCH', '/branding', {
    colors: { primary: '#1f7a5c', page_background: '#f0f4f1' },
    logo_url: 'https://cdn.meadow.test/tenant.png',
  });
});

beforeEach(async () => {
  await set('DELETE', '/branding/templates/universal-login');
  await set('PUT', '/prompts/login/custom-text/en', {});
  await set('PUT', '/guardian/policies', []);
});

async function set(method: string, path: string, body?: unknown) {
  const answer = await world.server.api(method, `/api/v2${path}`, body);
  expect(answer.status).toBeLessThan(300);
  // Pages look anew when a browser asks, which says so.
  await fetch(`${world.server.url}/u/logged-out`, { headers: { accept: 'text/html' } });
}

/** Returns the operator's branding on a page. */
async function seen({ page, url }: Pick<Shown, 'page' | 'url'>) {
  const sheet = /href="(\/u\/theme\.css[^"]*)"/.exec(page)?.[1]?.replaceAll('&amp;', '&');
  const answer = sheet === undefined ? null : await fetch(new URL(sheet, url));
  return {
    name: /<span class="brand-name"[^>]*>([^<]*)</.exec(page)?.[1] ?? null,
    logo: /class="brand-logo" src="([^"]*)"/.exec(page)?.[1] ?? null,
    css: (await answer?.text()) ?? '',
    cache: answer?.headers.get('cache-control') ?? null,
  };
}

const OURS = {
  name: 'Acme &amp; &lt;Sons&gt;',
  logo: 'https://cdn.acme.test/logo.png',
  css: expect.stringMatching(
    /\.primary\{background:#7a1f5c;color:#ffffff[\s\S]*background:#fdf0f7/,
  ),
  cache: 'public, max-age=31536000, immutable',
};

describe('a login to an organization', () => {
  test('shows its name, logo and colors from the login to the reset link', async () => {
    const acme = await world.anOrganization({
      ...ACME,
      enabled_connections: [
        {
          connection_id: world.connectionId,
          assign_membership_on_login: true,
          is_signup_enabled: true,
        },
      ],
    });
    const person = await world.aMember(acme);
    const tab = openTab();
    const login = await tab.go(world.authorize(client, { organization: acme.id }));
    expect(await seen(login)).toEqual(OURS);
    expect(textOf({ html: login.page })).toContain(
      'Log in to Acme & <Sons> to continue to Meadow.',
    );
    expect(login.page).toContain('<title>Log in · Meadow</title>');

    const signUp = await tab.go(login.url.replace('/u/login', '/u/signup'));
    expect(await seen(signUp)).toEqual(OURS);
    expect(textOf({ html: signUp.page })).toContain('Sign up to Acme & <Sons> to continue to');

    const forgot = await tab.go(login.url.replace('/u/login', '/u/reset-password/request'));
    expect(await seen(forgot)).toEqual(OURS);
    const sent = await tab.send({ email: person.email });
    expect(sent.url).toContain('/u/mail-sent');
    expect(await seen(sent)).toEqual(OURS);
    const mail = await world.server.sink.waitForMail(person.email);
    const link = /https?:\/\/\S+\/u\/reset-verify\?\S+/.exec(mail.mail.text ?? '')?.[0] ?? '';
    const reset = await openTab().go(link);
    expect(reset.status).toBe(200);
    expect(await seen(reset)).toEqual(OURS);
  });

  test('shows them on the pages of the second factor', async () => {
    const acme = await world.anOrganization(ACME);
    const person = await world.aMember(acme);
    await set('PUT', '/guardian/factors/otp', { enabled: true });
    await set('PUT', '/guardian/policies', ['all-applications']);
    const tab = openTab();
    await tab.go(world.authorize(client, { organization: acme.id }));
    const enroll = await tab.send({ username: person.email, password: person.password });
    expect(enroll.url).toContain('/u/mfa-otp-enrollment');
    expect(await seen(enroll)).toEqual(OURS);

    const methods = `/users/${encodeURIComponent(person.userId)}/authentication-methods`;
    await set('POST', methods, { type: 'totp', name: 'Phone', totp_secret: SECRET });
    const other = openTab();
    await other.go(world.authorize(client, { organization: acme.id }));
    const asked = await other.send({ username: person.email, password: person.password });
    expect(asked.url).toContain('/u/mfa-otp-challenge');
    expect(await seen(asked)).toEqual(OURS);
  });

  test('shows them to invited people', async () => {
    const acme = await world.anOrganization(ACME);
    const { ticket_id: invitation } = await world.inviteTo(acme, client);
    const url = world.authorize(client, { organization: acme.id, invitation });
    const shown = await openTab().go(url);
    expect(shown.url).toContain('/u/organization-invitation');
    expect(await seen(shown)).toEqual(OURS);
    expect(shown.page).toContain('<dd>Acme &amp; &lt;Sons&gt;</dd>');
  });

  test('shows the defaults for unset parts, and other logins show none of it', async () => {
    const plain = await world.anOrganization({ display_name: 'Plain' });
    const theirs = await seen(
      await openTab().go(world.authorize(client, { organization: plain.id })),
    );
    expect(theirs).toMatchObject({ name: 'Plain', logo: 'https://cdn.meadow.test/app.png' });
    expect(theirs.css).toContain('.primary{background:#1f7a5c');
    expect(theirs.css).toContain('background:#f0f4f1');
    const none = await seen(await openTab().go(world.authorize(client)));
    expect(none).toMatchObject({ name: 'Meadow', css: theirs.css });
  });

  test('keeps the content security policy of pages strict', async () => {
    const acme = await world.anOrganization(ACME);
    const policyOf = async (params: Record<string, string>) => {
      const { url } = await openTab().go(world.authorize(client, params));
      return (await fetch(url)).headers.get('content-security-policy');
    };
    expect(await policyOf({ organization: acme.id })).toBe(await policyOf({}));
  });

  test("gives its branding to the operator's texts and page templates", async () => {
    await set('PUT', '/prompts/login/custom-text/en', {
      login: { description: `To ${put('companyName')}, then ${put('clientName')}` },
    });
    await set('PUT', '/branding/templates/universal-login', {
      template:
        '<!DOCTYPE html><html><head>{%- auth0:head -%}</head><body>{%- auth0:widget -%}' +
        '<footer>{{ organization.display_name }}|{{ organization.metadata.plan }}|' +
        '{{ organization.branding.colors.primary }}|{{ branding.colors.primary }}</footer></body></html>',
    });
    const acme = await world.anOrganization({ ...ACME, metadata: { plan: 'gold' } });
    const { page } = await openTab().go(world.authorize(client, { organization: acme.id }));
    expect(textOf({ html: page })).toContain('To Acme & <Sons>, then Meadow');
    expect(page).toContain('<footer>Acme &#38; &#60;Sons&#62;|gold|#7a1f5c|#1f7a5c</footer>');
    const without = await openTab().go(world.authorize(client));
    expect(without.page).toContain('<footer>|||#1f7a5c</footer>');
  });
});

describe('the style sheet of an organization', () => {
  test('changes the theme, including its picture, if it has colors', async () => {
    const themes = await world.server.api<{ themeId: string }>(
      'POST',
      '/api/v2/branding/themes',
      (await import('../tools/configured-tenant.ts')).THEME,
    );
    const acme = await world.anOrganization(ACME);
    const { css } = await seen(
      await openTab().go(world.authorize(client, { organization: acme.id })),
    );
    await set('DELETE', `/branding/themes/${themes.body.themeId}`);
    expect(css).toContain('.primary{background:#7a1f5c');
    expect(css).toContain('html{background:#fdf0f7}');
    expect(css).not.toContain('url("https://cdn');
  });

  test.each([
    ['red;}body{display:none'],
    ['7a1f5c;}*{color:red}'],
    ['"><script>'],
    ['7a1f5'],
    ['url(https://evil.test)'],
  ])('accepts only colors from its address: %s', async (color) => {
    const query = new URLSearchParams({ v: 'x', primary: color, background: color });
    const answer = await fetch(`${world.server.url}/u/theme.css?${query}`);
    const css = await answer.text();
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-cache');
    expect(css).toContain('.primary{background:#1f7a5c');
    for (const odd of ['display', 'red', 'script', 'evil']) expect(css).not.toContain(odd);
  });
});

test('a name that resembles a placeholder or markup stays text', async () => {
  const odd = await world.anOrganization({ display_name: '{app}<img src=x onerror=alert(1)>' });
  const { page } = await openTab().go(world.authorize(client, { organization: odd.id }));
  expect(page).not.toContain('<img src=x');
  expect(textOf({ html: page })).toContain(
    'Log in to {app}<img src=x onerror=alert(1)> to continue to Meadow.',
  );
});

test('an organization without a display name appears under its name', async () => {
  const { name } = await made(world.server, '/organizations', {
    name: `plain-${Date.now()}`,
    enabled_connections: [{ connection_id: world.connectionId }],
  });
  const { body } = await world.server.api<{ id: string }>(
    'GET',
    `/api/v2/organizations/name/${name}`,
  );
  const { page } = await openTab().go(world.authorize(client, { organization: body.id }));
  expect(textOf({ html: page })).toContain(`Log in to ${name} to continue to Meadow.`);
});
