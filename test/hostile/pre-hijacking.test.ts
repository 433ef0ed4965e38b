import { beforeAll, describe, expect, test } from 'vitest';
import { aPassword, aPerson } from '../harness/factories.ts';
import { DEFAULT_CONNECTION } from '../harness/harness.ts';
import { plainBrowser } from '../harness/plain-browser.ts';
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

beforeAll(async () => {
  world = await openWorld();
  client = await world.registerClient();
  for (const strategy of ['email', 'auth0']) {
    await made(world.server, '/connections', {
      name: strategy === 'email' ? 'email' : 'elsewhere',
      strategy,
      enabled_clients: [client.id],
    });
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

/** Returns the user of a login with a passkey in a fresh browser, or `null`. */
async function logsInWith(passkey: Authenticator): Promise<unknown> {
  const door = await openDoor(world, login(), '/u/passkey');
  const answer = passkey.authenticate(await door.options(), { userHandle: 'AAAA' });
  const { location } = await door.sends(answer);
  return (await arrives(world, client, door, location))?.sub ?? null;
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
  if ((await logsInWith(passkey)) !== userId) throw new Error('The passkey does not work.');
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

const KINDS: Record<string, (email: string) => Promise<Planted>> = {
  'an identity linked to it (classic-federated merge)': async (email) => {
    const planted = await signsUp(email);
    const own = await anAccountOfTheirOwn();
    await link(planted.userId, own.userId);
    return { ...planted, own };
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
    const planted = await signsUp(email);
    const own = await anAccountOfTheirOwn('elsewhere', email);
    await link(planted.userId, own.userId);
    return { ...planted, own };
  },
};

/** The owner's ways to prove the address. Each returns the owner's account and password. */
const WAYS: Record<
  string,
  (email: string, planted: Planted) => Promise<{ userId: string; password: string | null }>
> = {
  invitation: async (email) => {
    const body = { recipients: [email], client_id: client.id };
    const { summary } = await made(world.server, '/invitations', body);
    // A linked identity cannot be invited, so the owner resets the password.
    return chooses(await (summary.refused > 0 ? resetLink(email) : linkTo('/u/invitation', email)));
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

/** Returns everything of the stranger's that still exists or still reaches the owner's account. */
async function leftovers(planted: Planted, owner: { userId: string }): Promise<string[]> {
  const { userId } = owner;
  const left: string[] = [];
  const note = (what: string, isThere: boolean) => void (isThere && left.push(what));
  note('password', (await logsInAs(planted.email, planted.password)) === userId);
  note('passkey', (await logsInWith(planted.passkey)) === userId);
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
  const { body: user } = await world.server.api<Record<string, unknown>>('GET', path(userId));
  note('identities', Array.isArray(user.identities) && user.identities.length !== 1);
  note('metadata', JSON.stringify(user).includes('the stranger'));
  note('profile', JSON.stringify(user).includes('Mallory'));
  note('phone number', user.phone_number !== undefined);
  const methods = await world.server.api<unknown[]>(
    'GET',
    `${path(userId)}/authentication-methods`,
  );
  note('factors', methods.body.length > 0);
  return left;
}

describe.each(Object.entries(KINDS))('after a stranger planted %s', (_kind, plant) => {
  test.each(Object.entries(WAYS))('nothing of it survives %s', async (_way, arrive) => {
    const { email } = aPerson();
    const planted = await plant(email);
    const owner = await arrive(email, planted);
    expect(await leftovers(planted, owner)).toEqual([]);
    if (owner.password === null) return;
    expect(await logsInAs(email, owner.password)).toBe(owner.userId);
    const { body } = await world.server.api<{ email_verified: boolean }>('GET', path(owner.userId));
    expect(body.email_verified).toBe(true);
  });
});
