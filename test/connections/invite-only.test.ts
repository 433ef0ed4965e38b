import { sql } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import { passwordlessDigits } from '../../src/records/passwordless-codes/passwordless-codes.ts';
import { passwordlessLinkSecret } from '../../src/records/passwordless-links/passwordless-links.ts';
import { aPassword, aPerson } from '../harness/factories.ts';
import { formOf } from '../harness/visitor.ts';
import {
  type ApiClient,
  CALLBACK,
  keys,
  made,
  type Organization,
  openTab,
  openWorld,
  type World,
} from '../harness/world.ts';

const GRANT = 'http://auth0.com/oauth/grant-type/passwordless/otp';

let world: World;
let client: ApiClient;
let stores = 0;
let phones = 0;

type Store = { id: string; name: string; strategy: string };
/** Where somebody asks for an account: a store, and perhaps an organization. */
type Place = { store: Store; organization?: Organization };

beforeAll(async () => {
  world = await openWorld();
  client = await world.registerClient({
    app_type: 'regular_web',
    grant_types: ['authorization_code', GRANT],
  });
});

async function aStore(strategy: string, options: object = {}): Promise<Store> {
  const name = `store-${++stores}`;
  const asked = { name, strategy, options, enabled_clients: [client.id] };
  const { id } = await made(world.server, '/connections', asked);
  return { id, name, strategy };
}

async function close({ id, strategy }: Store): Promise<void> {
  const more = strategy === 'auth0' ? {} : { totp: { length: 6, time_step: 180 } };
  const options = { ...more, disable_signup: true };
  const answer = await world.server.api('PATCH', `/api/v2/connections/${id}`, { options });
  expect(answer.status, answer.text).toBe(200);
}

function anOrganizationWith(store: Store, settings: object): Promise<Organization> {
  return world.anOrganization({
    enabled_connections: [{ connection_id: store.id, ...settings }],
  });
}

const aNumber = () => `+4917099${String(10000 + phones++)}`;

async function accountsOf({ id }: Store, who: string): Promise<number> {
  const { rows } = await sql`select id from users
    where connection_id = ${id} and (email = ${who} or phone_number = ${who})`.execute(world.db);
  return rows.length;
}

/** The newest secret for somebody, as the mail or text would have it. Strangers get none: they may guess it. */
async function secretFor(who: string, table: 'passwordless_codes' | 'passwordless_links') {
  const { rows } = await sql<{ id: string }>`
    select id from ${sql.table(table)} where recipient = ${who} order by created_at desc limit 1`.execute(
    world.db,
  );
  const id = rows[0]?.id ?? '';
  return table === 'passwordless_codes'
    ? passwordlessDigits(keys.ticket, id, 6)
    : passwordlessLinkSecret(keys.ticket, id);
}

async function post(path: string, body: object): Promise<{ status: number; text: string }> {
  const answer = await fetch(`${world.server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: answer.status, text: await answer.text() };
}

const begin = ({ store, organization }: Place, more: Record<string, string> = {}) =>
  world.authorize(client, {
    connection: store.name,
    ...(organization && { organization: organization.id }),
    ...more,
  });

/** Asks the API for a code or a link, and uses it. */
async function startAtApi({ store }: Place, who: string, send: 'code' | 'link') {
  const field = store.strategy === 'sms' ? 'phone_number' : 'email';
  const started = await post('/passwordless/start', {
    client_id: client.id,
    client_secret: client.secret,
    connection: store.name,
    send,
    [field]: who,
    authParams: { redirect_uri: CALLBACK },
  });
  expect(started.status).toBe(200);
}

const redeemAtApi = async ({ store }: Place, who: string) =>
  post('/oauth/token', {
    grant_type: GRANT,
    client_id: client.id,
    client_secret: client.secret,
    realm: store.name,
    username: who,
    otp: await secretFor(who, 'passwordless_codes'),
  });

async function codeOnPages(
  place: Place,
  who: string,
  more: Record<string, string> = {},
  meanwhile: () => Promise<unknown> = async () => {},
) {
  const tab = openTab();
  const fill = (page: string, fields: object) =>
    tab.send({ ...formOf(page).fields, ...fields } as Record<string, string>);
  const asks = await tab.go(begin(place, more));
  const sent = await fill(asks.page, { address: who });
  expect(new URL(sent.url).pathname).toBe('/u/login-code');
  await meanwhile();
  return fill(sent.page, { code: await secretFor(who, 'passwordless_codes') });
}

async function signUpOnPages(place: Place, who: string) {
  const tab = openTab();
  const login = await tab.go(begin(place));
  // The page itself is hidden where nobody may sign up, so the form of the login carries the request.
  const { csrf = '' } = formOf(login.page).fields;
  const signUp = login.url.replace('/u/login', '/u/signup');
  const answer = await fetch(signUp, {
    method: 'POST',
    redirect: 'manual',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      cookie: tab.cookies(),
      origin: world.server.url,
    },
    body: new URLSearchParams({ csrf, email: who, password: aPassword() }).toString(),
  });
  return { status: answer.status, page: await answer.text() };
}

type Door = {
  name: string;
  strategy: 'auth0' | 'email' | 'sms';
  /** A person asks for an account, and does all that they can do without an invitation. */
  ask(place: Place, who: string): Promise<unknown>;
};

const DOORS: Door[] = [
  {
    name: '/dbconnections/signup',
    strategy: 'auth0',
    ask: ({ store }, email) =>
      post('/dbconnections/signup', {
        client_id: client.id,
        connection: store.name,
        email,
        password: aPassword(),
      }),
  },
  { name: 'the page for signing up', strategy: 'auth0', ask: signUpOnPages },
  {
    name: 'a code by mail at the API',
    strategy: 'email',
    async ask(place, who) {
      await startAtApi(place, who, 'code');
      await redeemAtApi(place, who);
    },
  },
  {
    name: 'a code by mail on the pages',
    strategy: 'email',
    ask: (place, who) => codeOnPages(place, who),
  },
  {
    name: 'a link by mail',
    strategy: 'email',
    async ask(place, who) {
      await startAtApi(place, who, 'link');
      const secret = await secretFor(who, 'passwordless_links');
      const tab = openTab();
      await tab.go(`${world.server.url}/passwordless/verify_redirect?ticket=${secret}`);
      await tab.prove();
    },
  },
  {
    name: 'a code by text at the API',
    strategy: 'sms',
    async ask(place, who) {
      await startAtApi(place, who, 'code');
      await redeemAtApi(place, who);
    },
  },
  {
    name: 'a code by text on the pages',
    strategy: 'sms',
    ask: (place, who) => codeOnPages(place, who),
  },
];
const whoAt = ({ strategy }: Door) => (strategy === 'sms' ? aNumber() : aPerson().email);

describe.each(DOORS)('$name', (door) => {
  test('makes an account in an open connection, and none in a closed one', async () => {
    const store = await aStore(door.strategy);
    const [early, late] = [whoAt(door), whoAt(door)];
    await door.ask({ store }, early);
    expect(await accountsOf(store, early)).toBe(1);
    await close(store);
    await door.ask({ store }, late);
    expect(await accountsOf(store, late)).toBe(0);
  });
});

/** How an organization says that a sign-up makes a person its member. */
const JOINING = {
  auth0: { assign_membership_on_login: true, is_signup_enabled: true },
  email: { assign_membership_on_login: true },
  sms: { assign_membership_on_login: true },
};

describe.each(
  DOORS.filter(({ name }) => name.includes('page')),
)('$name, at a login to an organization', (door) => {
  test('makes an account only if it makes a member', async () => {
    const store = await aStore(door.strategy);
    const [inside, outside] = [whoAt(door), whoAt(door)];
    const joins = await anOrganizationWith(store, JOINING[door.strategy]);
    await door.ask({ store, organization: joins }, inside);
    expect(await accountsOf(store, inside)).toBe(1);
    const closed = await anOrganizationWith(store, {});
    await door.ask({ store, organization: closed }, outside);
    expect(await accountsOf(store, outside)).toBe(0);
  });

  test('makes none in a closed connection', async () => {
    const store = await aStore(door.strategy);
    const organization = await anOrganizationWith(store, JOINING[door.strategy]);
    await close(store);
    const who = whoAt(door);
    await door.ask({ store, organization }, who);
    expect(await accountsOf(store, who)).toBe(0);
  });
});

describe('a closed connection', () => {
  test('shows no link to sign up, and screen_hint=signup leads to the login', async () => {
    const store = await aStore('auth0', { disable_signup: true });
    const shown = await openTab().go(begin({ store }, { screen_hint: 'signup' }));
    expect(new URL(shown.url).pathname).toBe('/u/login');
    expect(shown.page).not.toContain('/u/signup');
  });

  test('refuses a sign-up with its reason, for a known address as for a new one', async () => {
    const store = await aStore('auth0', { disable_signup: true });
    const { email } = await world.createUser({ connection: store.name });
    const fields = { client_id: client.id, connection: store.name, password: aPassword() };
    const known = await post('/dbconnections/signup', { ...fields, email });
    const fresh = await post('/dbconnections/signup', { ...fields, email: aPerson().email });
    expect(fresh).toEqual(known);
    expect(fresh).toMatchObject({ status: 400, text: expect.stringContaining('public_signup') });
    const onPage = await signUpOnPages({ store }, email);
    expect(onPage.status).toBe(400);
    expect(onPage.page).toContain('You can’t sign up here.');
  });

  test('makes no account with a code that was requested while it was open', async () => {
    const store = await aStore('email');
    const { email } = aPerson();
    await startAtApi({ store }, email, 'code');
    await close(store);
    expect((await redeemAtApi({ store }, email)).status).toBe(403);
    expect(await accountsOf(store, email)).toBe(0);
  });

  test('gets users from the management API all the same', async () => {
    const store = await aStore('auth0', { disable_signup: true });
    const { email } = await world.createUser({ connection: store.name });
    expect(await accountsOf(store, email)).toBe(1);
  });
});

describe('an invitation', () => {
  test('opens a closed database for the person who follows its link', async () => {
    const store = await aStore('auth0', { disable_signup: true });
    const organization = await anOrganizationWith(store, {});
    const { email } = aPerson();
    const invited = await world.inviteTo(organization, client, { invitee: { email } });
    const tab = openTab();
    await tab.go(begin({ store, organization }, { invitation: invited.ticket_id }));
    const back = tab.back(await tab.send({ password: aPassword() }));
    expect(back.searchParams.has('code')).toBe(true);
    expect(await accountsOf(store, email)).toBe(1);
  });

  test('opens a closed connection for codes to the invited address, and to no other', async () => {
    const store = await aStore('email', { disable_signup: true });
    const organization = await anOrganizationWith(store, {});
    const place = { store, organization };
    const [{ email }, stranger] = [aPerson(), aPerson()];
    const invited = await world.inviteTo(organization, client, { invitee: { email } });
    const invitation = { invitation: invited.ticket_id };
    await codeOnPages(place, stranger.email, invitation);
    expect(await accountsOf(store, stranger.email)).toBe(0);
    // The mail goes out, also without an account.
    await codeOnPages(place, email, invitation, () => world.server.sink.waitForMail(email));
    expect(await accountsOf(store, email)).toBe(1);
    // Only in this organization.
    const elsewhere = await anOrganizationWith(store, {});
    const { email: guest } = aPerson();
    await world.inviteTo(elsewhere, client, { invitee: { email: guest } });
    await codeOnPages(place, guest);
    expect(await accountsOf(store, guest)).toBe(0);
  });

  test('to an organization opens nothing for another application', async () => {
    const store = await aStore('email', { disable_signup: true });
    const organization = await anOrganizationWith(store, {});
    const { email } = aPerson();
    const another = await world.registerClient();
    const invited = await world.inviteTo(organization, another, { invitee: { email } });
    await codeOnPages({ store, organization }, email, { invitation: invited.ticket_id });
    expect(await accountsOf(store, email)).toBe(0);
  });

  test.each([
    { plan: {}, isOpened: true },
    { plan: { client_id: null }, isOpened: true },
    { plan: { invitee_may: 'link_only' }, isOpened: false },
    { plan: { client_id: 'another' }, isOpened: false },
  ])('opens a closed passwordless connection: $isOpened with $plan', async ({ plan, isOpened }) => {
    const store = await aStore('email', { disable_signup: true });
    const { email } = aPerson();
    const { id: another } = await world.registerClient();
    const clientId = 'client_id' in plan && plan.client_id === null ? null : client.id;
    await made(world.server, '/invitations', {
      recipients: [email],
      ...plan,
      client_id: plan.client_id === 'another' ? another : clientId,
    });
    await startAtApi({ store }, email, 'code');
    await redeemAtApi({ store }, email);
    expect(await accountsOf(store, email)).toBe(isOpened ? 1 : 0);
  });

  test('does not open a closed database for a typed address', async () => {
    const store = await aStore('auth0', { disable_signup: true });
    const { email } = aPerson();
    await made(world.server, '/invitations', { recipients: [email], client_id: client.id });
    const fields = { client_id: client.id, connection: store.name, password: aPassword() };
    expect((await post('/dbconnections/signup', { ...fields, email })).status).toBe(400);
    expect(await accountsOf(store, email)).toBe(0);
  });
});
