import { beforeAll, describe, expect, test } from 'vitest';
import { aPassword, aPerson } from '../harness/factories.ts';
import { textOf } from '../harness/visitor.ts';
import { type ApiClient, CALLBACK, openTab, openWorld, type World } from '../harness/world.ts';

let world: World;
let client: ApiClient;

beforeAll(async () => {
  world = await openWorld();
  client = await world.registerClient();
});

type Properties = Record<string, Record<string, unknown>>;

const invite = (body: object) =>
  world.server.api<{ message: string }>('POST', '/api/v2/invitations', {
    client_id: client.id,
    connection_id: world.connectionId,
    result_url: CALLBACK,
    return_links: true,
    ...body,
  });

/** Invites somebody who is asked for these fields. */
async function asked(properties: Properties, required: string[] = Object.keys(properties)) {
  const { email } = aPerson();
  const profile_schema = { type: 'object', properties, required };
  const answer = await invite({ recipients: [email], profile_schema });
  if (answer.status !== 200) throw new Error(answer.text);
  const { link, invitation_id: id } = JSON.parse(answer.text);
  return { email, link: String(link), id: String(id) };
}

/** Opens the page of the link and sends the form with these fields. */
async function sends(link: string, fields: Record<string, string>) {
  const tab = openTab();
  await tab.go(link);
  const { status, page } = await tab.send(fields);
  return { status, page, text: textOf({ html: page }) };
}

async function stateOf(id: string) {
  const { body } = await world.server.api<{ state: string }>('GET', `/api/v2/invitations/${id}`);
  return body.state;
}

const NAME = { given_name: { type: 'string', title: 'First name' } };
const CONSENT = { ok: { type: 'boolean', title: 'I agree to the terms' } };

describe('the password', () => {
  test.each([
    ['name', NAME, 'field-given_name'],
    ['metadata', { first: { type: 'string' } }, 'field-first'],
  ])('must not contain the %s that the same form says', async (_what, properties, field) => {
    const path = `/api/v2/connections/${world.connectionId}`;
    const refuses = async (enable: boolean) => {
      const options = { password_no_personal_info: { enable } };
      expect((await world.server.api('PATCH', path, { options })).status).toBe(200);
    };
    await refuses(true);
    const { link, id } = await asked(properties);
    const refused = await sends(link, {
      [field]: 'Konstantin',
      password: 'Konstantin-99-x',
    });
    expect([refused.status, await stateOf(id)]).toEqual([400, 'pending']);
    expect(refused.text).toContain('The password must not contain your name');
    expect(refused.page).toContain('value="Konstantin"');
    await sends(link, { [field]: 'Konstantin', password: aPassword() });
    expect(await stateOf(id)).toBe('accepted');
    await refuses(false);
  });
});

describe('a checkbox', () => {
  test('that is required and not ticked is missing', async () => {
    const { email, link, id } = await asked(CONSENT);
    const refused = await sends(link, { 'field-ok': '', password: aPassword() });
    expect([refused.status, await stateOf(id)]).toEqual([400, 'pending']);
    await sends(link, { 'field-ok': 'yes', password: aPassword() });
    expect(await metadataOf(email)).toEqual({ ok: true });
  });

  test.each([
    ['is stored as false', { type: 'boolean' }, { ok: false }],
    ['is not stored if it can only be true', { type: 'boolean', const: true }, undefined],
  ])('that is optional and not ticked %s', async (_what, ok, stored) => {
    const { email, link, id } = await asked({ ok }, []);
    await sends(link, { 'field-ok': '', password: aPassword() });
    expect(await stateOf(id)).toBe('accepted');
    expect(await metadataOf(email)).toEqual(stored);
  });
});

async function metadataOf(email: string) {
  const path = `/api/v2/users-by-email?email=${encodeURIComponent(email)}`;
  const { body } = await world.server.api<{ user_metadata?: object }[]>('GET', path);
  return body[0]?.user_metadata;
}

describe('the fields', () => {
  const NAMES = {
    zebra_crossing: { type: 'string', description: 'Near your house.' },
    given_name: { type: 'string' },
    a: { type: 'integer', title: 'Age', minimum: 18 },
    favoriteColor: { type: 'string', enum: ['red', 'blue'] },
    born: { type: 'string', format: 'date' },
    site: { type: 'string', format: 'uri' },
    second: { type: 'string', format: 'email' },
    ok: { type: 'boolean' },
  };

  test('are in the order of the schema, on the page and in the answers of the API', async () => {
    const { link, id } = await asked(NAMES);
    const { page } = await openTab().go(link);
    const ids = [...page.matchAll(/<label for="field-(\w+)"/g)].map(([, name]) => name);
    expect(ids).toEqual(Object.keys(NAMES));
    const { body } = await world.server.api<{ profile_schema: { properties: object } }>(
      'GET',
      `/api/v2/invitations/${id}`,
    );
    expect(Object.keys(body.profile_schema.properties)).toEqual(Object.keys(NAMES));
  });

  test('have readable labels, hints, and the inputs that fit them', async () => {
    const { link } = await asked(NAMES);
    const { page } = await openTab().go(link);
    const labels = [...page.matchAll(/<label for="field-\w+">([^<]+)</g)].map(([, text]) => text);
    expect(labels.slice(0, 4)).toEqual(['Zebra crossing', 'Given name', 'Age', 'Favorite color']);
    expect(page).toContain('<p class="field-hint" id="field-zebra_crossing-hint">Near your house.');
    const tag = (name: string) => new RegExp(`<input id="field-${name}"[^>]*>`).exec(page)?.[0];
    expect(tag('zebra_crossing')).toContain('aria-describedby="field-zebra_crossing-hint"');
    expect(tag('given_name')).toContain('autocomplete="given-name"');
    expect(tag('a')).toContain('inputmode="numeric"');
    expect(
      ['born', 'site', 'second'].map((name) => /type="(\w+)"/.exec(tag(name) ?? '')?.[1]),
    ).toEqual(['date', 'url', 'email']);
    expect(page.indexOf('id="field-ok"')).toBeLessThan(page.indexOf('for="field-ok"'));
  });

  test('say what is wrong with each of them', async () => {
    const { link } = await asked(NAMES);
    const refused = await sends(link, {
      'field-a': '7',
      'field-born': '31.1.2026',
      'field-site': 'example',
      'field-second': 'me',
      'field-favoriteColor': 'green',
      'field-ok': '',
      password: aPassword(),
    });
    const said = Object.fromEntries(
      [...refused.page.matchAll(/id="field-(\w+)-problem">([^<]+)</g)].map(([, name, text]) => [
        name,
        text,
      ]),
    );
    expect(said).toEqual({
      zebra_crossing: 'Fill in this field.',
      given_name: 'Fill in this field.',
      a: 'Enter a number of at least 18.',
      favoriteColor: 'Choose one of the values.',
      born: 'Enter a date such as 2026-01-31.',
      site: 'Enter a web address such as https://example.com.',
      second: 'Enter an email address such as name@example.com.',
      ok: 'Tick this box to continue.',
    });
  });

  test.each(['email', 'phone_number', 'user_metadata'])('cannot be called %s', async (name) => {
    const profile_schema = { type: 'object', properties: { [name]: { type: 'string' } } };
    const answer = await invite({ recipients: [aPerson().email], profile_schema });
    expect([answer.status, answer.body.message]).toEqual([
      400,
      `profile_schema: '${name}' cannot be the name of a field, because people cannot enter this attribute of their user. Choose another name.`,
    ]);
  });
});
