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
