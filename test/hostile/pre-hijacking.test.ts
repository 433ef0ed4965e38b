import { beforeAll, describe, expect, test } from 'vitest';
import { aPassword, aPerson } from '../harness/factories.ts';
import { DEFAULT_CONNECTION } from '../harness/harness.ts';
import { plainBrowser } from '../harness/plain-browser.ts';
import { startFacebook } from '../harness/providers/facebook.ts';
import { ADA_AT_GOOGLE, startGoogle } from '../harness/providers/google.ts';
import { openBrowser } from '../harness/providers/person.ts';
import type { Person, StandIn } from '../harness/providers/stand-in.ts';
import { PROVIDER_CLIENT } from '../harness/providers/tokens.ts';
import { linkIn, type ReceivedMail } from '../harness/smtp-sink.ts';
import {
  type ApiClient,
  claimsOf,
  made,
  openTab,
  openWorld,
  type Tab,
  type World,
} from '../harness/world.ts';
import { type Authenticator, newAuthenticator } from '../passkeys/authenticator.ts';
import { arrives, openDoor } from '../passkeys/door.ts';
import { aMethod, configure, SECRET } from '../second-factors/factors.ts';

// Account pre-hijacking: Sudhodanan and Paverd, USENIX Security 2022. A stranger makes an account with somebody else's address and
// prepares a way back in; then the owner of the address arrives.

let world: World;
let client: ApiClient;
let google: StandIn;
let facebook: StandIn;
let serial = 0;

beforeAll(async () => {
  [google, facebook] = await Promise.all([startGoogle([]), startFacebook([])]);
  world = await openWorld({ providerEndpoints: { ...google.endpoints, ...facebook.endpoints } });
  client = await world.registerClient();
  for (const strategy of ['email', 'auth0']) {
    await made(world.server, '/connections', {
      name: strategy === 'email' ? 'email' : 'elsewhere',
      strategy,
      enabled_clients: [client.id],
    });
  }
  const options = {
    client_id: PROVIDER_CLIENT.clientId,
    client_secret: PROVIDER_CLIENT.clientSecret,
  };
  for (const strategy of ['google-oauth2', 'facebook']) {
    const connection = { name: strategy, strategy, options, enabled_clients: [client.id] };
    await made(world.server, '/connections', connection);
  }
  await configure(world.server.app.database.db, { factors: ['otp'], policies: [] });
  await world.server.api('PATCH', `/api/v2/connections/${world.connectionId}`, {
    options: { authentication_methods: { passkey: { enabled: true } } },
  });
});

const login = (more: Record<string, string> = {}) =>
  world.authorize(client, { audience: '', scope: 'openid offline_access', ...more });
const path = (userId: string) => `/api/v2/users/${encodeURIComponent(userId)}`;
const subjectOf = (body: { id_token: string }) => String(claimsOf(body.id_token).sub);

/** The newest link of this kind in a mail to this address. */
async function linkTo(page: string, email: string): Promise<string> {
  const isIt = ({ mail }: ReceivedMail) => mail.text?.includes(`${page}?ticket=`) === true;
  const mail = await world.server.sink.waitForMail(email, { where: isIt });
  return linkIn(mail, new RegExp(`https?://\\S+${page}\\?ticket=\\w+`));
}

/** Returns the user of a password login in a fresh browser, or `null`. */
async function logsInAs(username: string, password: string, more = {}): Promise<string | null> {
  const tab = openTab();
  await tab.go(login(more));
  const { back } = await tab.send({ username, password });
  if (back === null) return null;
  return subjectOf((await world.exchange(client, back)).body);
}

/** The API has made the stranger's passkey, so that it has no handle of the user. */
const PLANTED = { userHandle: 'AAAA' };

/** Returns the user of a login with a passkey in a fresh browser, or `null`. */
async function logsInWith(passkey: Authenticator, tricks = {}): Promise<unknown> {
  const door = await openDoor(world, login(), '/u/passkey');
  const answer = passkey.authenticate(await door.options(), tricks);
  const { location } = await door.sends(answer);
  return (await arrives(world, client, door, location))?.sub ?? null;
}

/** Returns the user of a login at a provider, or `null`. It starts at a page with its button: the login, or an invitation. */
async function logsInAt(
  standIn: StandIn,
  name: string,
  person: Person,
  invitation?: string,
): Promise<string | null> {
  standIn.people.push(person);
  const tab = openBrowser();
  const fields = await standIn.logIn(
    await tab.leaveFor(await tab.go(invitation ?? login()), name),
    person,
  );
  const callback = `${world.server.url}/login/callback?${new URLSearchParams(fields)}`;
  // An acceptance leads to the application, which begins the login.
  const shown = await tab.go(callback).catch(() => null);
  const { back = null } = invitation === undefined ? (shown ?? {}) : await tab.go(login());
  return back?.searchParams.has('code')
    ? subjectOf((await world.exchange(client, back)).body)
    : null;
}

type Planted = {
  userId: string;
  email: string;
  password: string;
  browser: Tab;
  passkey: Authenticator;
  refreshToken: string;
  /** Links that were created while the stranger had the account. */
  links: string[];
  /** An account of the stranger that is linked to the planted one, in either direction. */
  own?: { userId: string; email: string; password: string; store?: string };
  /** The stranger at Facebook, which verifies no address. It is linked to the planted account. */
  atFacebook?: Person;
};

/** Signs up with this address and takes everything that follows: a session, tokens, a factor, a profile. */
async function signsUp(email: string): Promise<Planted> {
  const password = aPassword();
  const answer = await fetch(`${world.server.url}/dbconnections/signup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      client_id: client.id,
      connection: DEFAULT_CONNECTION,
      email,
      password,
      given_name: 'Mallory',
      user_metadata: { send_goods_to: 'the stranger' },
    }),
  });
  if (answer.status !== 200) throw new Error(await answer.text());
  const browser = openTab(plainBrowser());
  const back = await world.logsIn(browser, login(), { email, password, userId: '' });
  const { body } = await world.exchange(client, back);
  const userId = subjectOf(body);
  const key = world.server.app.deps.keys.encryption;
  const { db } = world.server.app.database;
  await aMethod(
    { db, key, now: new Date() },
    { userId, kind: 'totp', totpSecret: SECRET, confirmed: true },
  );
  const passkey = newAuthenticator(world.server.url);
  await made(world.server, `/users/${encodeURIComponent(userId)}/authentication-methods`, {
    type: 'passkey',
    key_id: passkey.credentialId,
    public_key: passkey.publicKey,
  });
  if ((await logsInWith(passkey, PLANTED)) !== userId)
    throw new Error('The passkey does not work.');
  const refreshToken = body.refresh_token;
  return { userId, email, password, browser, passkey, refreshToken, links: [] };
}

async function anAccountOfTheirOwn(store = DEFAULT_CONNECTION, email = aPerson().email) {
  const password = aPassword();
  const { user_id } = await made(world.server, '/users', {
    connection: store,
    email,
    password,
    email_verified: store === DEFAULT_CONNECTION,
    verify_email: false,
  });
  return { userId: String(user_id), email, password, store };
}

async function link(primary: string, identity: string): Promise<void> {
  await made(world.server, `/users/${encodeURIComponent(primary)}/identities`, {
    provider: 'auth0',
    user_id: identity.slice('auth0|'.length),
  });
}

/** Opens an account at Facebook, which claims an address, and logs in with it. */
async function opensFacebook(email: string): Promise<Person> {
  const person = { id: `fb-${++serial}`, name: 'Mallory', email };
  await logsInAt(facebook, 'facebook', person);
  return person;
}

/** Links the stranger's account at Facebook to a user. */
async function linkFacebook(userId: string, person: Person): Promise<void> {
  const identity = { provider: 'facebook', user_id: person.id };
  await made(world.server, `/users/${encodeURIComponent(userId)}/identities`, identity);
  const sub = await logsInAt(facebook, 'facebook', person);
  if (sub !== userId) throw new Error('The account at Facebook is not linked.');
}

const KINDS: Record<string, (email: string) => Promise<Planted>> = {
  'an identity linked to it (classic-federated merge)': async (email) => {
    const planted = await signsUp(email);
    const own = await anAccountOfTheirOwn();
    await link(planted.userId, own.userId);
    const atFacebook = await opensFacebook(String(aPerson().email));
    await linkFacebook(planted.userId, atFacebook);
    return { ...planted, own, atFacebook };
  },
  'a session and tokens (unexpired session)': signsUp,
  'a phone number, and a link to their own account (trojan identifier)': async (email) => {
    const planted = await signsUp(email);
    const phone_number = `+1555${String(Date.now()).slice(-7)}`;
    await world.server.api('PATCH', path(planted.userId), { phone_number });
    const own = await anAccountOfTheirOwn();
    await link(own.userId, planted.userId);
    return { ...planted, own };
  },
  'an address that was changed, and links of before (unexpired email change)': async (email) => {
    const planted = await signsUp(aPerson().email);
    const body = { user_id: planted.userId, client_id: client.id };
    const { ticket } = await made(world.server, '/tickets/password-change', body);
    const confirms = await made(world.server, '/tickets/email-verification', body);
    const changed = { email, verify_email: true, client_id: client.id };
    const answer = await world.server.api('PATCH', path(planted.userId), changed);
    if (answer.status !== 200) throw new Error(answer.text);
    const again = await made(world.server, '/guardian/enrollments/ticket', {
      user_id: planted.userId,
    });
    return { ...planted, email, links: [ticket, confirms.ticket, again.ticket_url] };
  },
  'an account elsewhere that claims the address (non-verifying provider)': async (email) => {
    const atFacebook = await opensFacebook(email);
    const planted = await signsUp(email);
    const own = await anAccountOfTheirOwn('elsewhere', email);
    await link(planted.userId, own.userId);
    await linkFacebook(planted.userId, atFacebook);
    return { ...planted, own, atFacebook };
  },
};

type Owner = { userId: string; password: string | null; passkey?: string };

/** The owner's ways to prove the address. Each returns the owner's account and password. */
const WAYS: Record<string, (email: string, planted: Planted) => Promise<Owner>> = {
  invitation: async (email) => {
    return chooses((await invitationLink(email)) ?? (await resetLink(email)));
  },
  reset: async (email) => chooses(await resetLink(email)),
  'verification mail': async (email, { userId, own }) => {
    const tab = openTab();
    const isLinked = (await world.server.api('GET', path(userId))).status === 404;
    // An earlier link ends when the account is linked, so the owner requests another.
    const asked = {
      user_id: own?.userId,
      identity: { user_id: userId.slice('auth0|'.length), provider: 'auth0' },
      client_id: client.id,
    };
    const link = isLinked
      ? (await made(world.server, '/tickets/email-verification', asked)).ticket
      : await linkTo('/u/email-verification', email);
    await tab.go(link);
    const { url } = await tab.send({});
    return chooses(url, tab);
  },
  'invitation with a passkey': async (email) => {
    const invited = await invitationLink(email);
    if (invited === null) return chooses(await resetLink(email));
    const passkey = newAuthenticator(world.server.url);
    const door = await openDoor(world, invited);
    const { location } = await door.sends(passkey.register(await door.options()));
    if (location === null) throw new Error('The passkey was not registered.');
    const userId = String(await logsInWith(passkey));
    return { userId, password: null, passkey: passkey.credentialId };
  },
  'invitation with Google': async (email) => {
    const invited = await invitationLink(email);
    if (invited === null) return chooses(await resetLink(email));
    const userId = await logsInAt(google, 'google-oauth2', atGoogle(email), invited);
    return { userId: String(userId), password: null };
  },
  'login with Google': async (email) => {
    const userId = await logsInAt(google, 'google-oauth2', atGoogle(email));
    return { userId: String(userId), password: null };
  },
  'organization invitation': async (email) => {
    const organization = await world.anOrganization();
    const { invitation_url } = await world.inviteTo(organization, client, {
      invitee: { email },
    });
    const sent = new URL(invitation_url).searchParams;
    const params = {
      invitation: sent.get('invitation') ?? '',
      organization: sent.get('organization') ?? '',
    };
    const { password } = await chooses(await resetLink(email));
    const tab = openTab();
    await tab.go(login(params));
    const back = tab.back(await tab.send({ password: password ?? '' }));
    const { body } = await world.exchange(client, back);
    expect(claimsOf(body.id_token).org_id).toBe(organization.id);
    return { userId: subjectOf(body), password };
  },
  passwordless: async (email) => {
    await fetch(`${world.server.url}/passwordless/start`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        client_id: client.id,
        client_secret: client.secret,
        connection: 'email',
        email,
        send: 'link',
        authParams: { redirect_uri: 'https://app.example.test/callback', scope: 'openid' },
      }),
    });
    const tab = openTab();
    await tab.go(await linkTo('/passwordless/verify_redirect', email));
    const { body } = await world.exchange(client, tab.back(await tab.send({})));
    return { userId: subjectOf(body), password: null };
  },
};

/** The owner at Google, which runs the mailbox. */
function atGoogle(email: string): Person {
  return { ...ADA_AT_GOOGLE, sub: `google-${++serial}`, email, email_verified: true };
}

/** Invites the owner. `null`: a linked identity cannot be invited, so the owner resets the password. */
async function invitationLink(email: string): Promise<string | null> {
  const body = { recipients: [email], client_id: client.id };
  const { summary } = await made(world.server, '/invitations', body);
  return summary.refused > 0 ? null : linkTo('/u/invitation', email);
}

async function resetLink(email: string): Promise<string> {
  await fetch(`${world.server.url}/dbconnections/change_password`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ client_id: client.id, email, connection: DEFAULT_CONNECTION }),
  });
  return linkTo('/u/reset-verify', email);
}

/** Sets a password with a link and continues to the application. */
async function chooses(url: string, tab: Tab = openTab()) {
  const password = aPassword();
  await tab.go(url);
  await tab.send({ password }).catch(() => null);
  const back = tab.back(await tab.go(login()));
  const { body } = await world.exchange(client, back);
  return { userId: subjectOf(body), password };
}

type User = Record<string, unknown> & { identities: { provider: string }[] };

/** Returns everything of the stranger's that still exists or still reaches the owner's account. */
async function leftovers(planted: Planted, owner: Owner): Promise<string[]> {
  const { userId } = owner;
  const left: string[] = [];
  const note = (what: string, isThere: boolean) => void (isThere && left.push(what));
  note('password', (await logsInAs(planted.email, planted.password)) === userId);
  note('passkey', (await logsInWith(planted.passkey, PLANTED)) === userId);
  const silent = (await planted.browser.go(login({ prompt: 'none' }))).back;
  const code = silent?.searchParams.has('code') ? await world.exchange(client, silent) : null;
  note('session', code !== null && subjectOf(code.body) === userId);
  const refreshed = await world.refresh(client, planted.refreshToken);
  note('refresh token', refreshed.status === 200 && subjectOf(refreshed.body) === userId);
  for (const each of planted.links) {
    const page = await fetch(each);
    note(`link ${new URL(each).pathname}`, page.status < 400);
  }
  if (planted.own) {
    const { email, password, store } = planted.own;
    const more = store === 'elsewhere' ? { connection: 'elsewhere' } : {};
    note('own account', (await logsInAs(email, password, more)) === userId);
    note('owner in their account', userId === planted.own.userId);
  }
  if (planted.atFacebook) {
    note('Facebook', (await logsInAt(facebook, 'facebook', planted.atFacebook)) === userId);
  }
  const { body: user } = await world.server.api<User>('GET', path(userId));
  // Nothing was planted at Google.
  const others = user.identities.filter(({ provider }) => provider !== 'google-oauth2');
  note('identities', others.length > 1);
  note('metadata', JSON.stringify(user).includes('the stranger'));
  note('profile', JSON.stringify(user).includes('Mallory'));
  note('phone number', user.phone_number !== undefined);
  const methods = await world.server.api<{ key_id?: string }[]>(
    'GET',
    `${path(userId)}/authentication-methods`,
  );
  const isOfOwner = (method: { key_id?: string }) =>
    owner.passkey !== undefined && method.key_id === owner.passkey;
  note(
    'factors',
    methods.body.some((method) => !isOfOwner(method)),
  );
  return left;
}

describe.each(Object.entries(KINDS))('after a stranger planted %s', (_kind, plant) => {
  test.each(Object.entries(WAYS))('nothing of it survives %s', async (_way, arrive) => {
    const email = `ada.${++serial}.${Date.now()}@gmail.com`;
    const planted = await plant(email);
    const owner = await arrive(email, planted);
    expect(await leftovers(planted, owner)).toEqual([]);
    if (owner.password === null) return;
    expect(await logsInAs(email, owner.password)).toBe(owner.userId);
    const { body } = await world.server.api<{ email_verified: boolean }>('GET', path(owner.userId));
    expect(body.email_verified).toBe(true);
  });
});
