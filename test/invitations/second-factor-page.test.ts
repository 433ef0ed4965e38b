import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  hasSecondFactor,
  methodsOfUser,
} from '../../src/records/authentication-methods/authentication-methods.ts';
import { findInvitation } from '../../src/records/invitations/invitations.ts';
import { aPassword, aPerson, atOnce } from '../harness/factories.ts';
import { plainBrowser } from '../harness/plain-browser.ts';
import { formOf, textOf } from '../harness/visitor.ts';
import {
  type ApiClient,
  CALLBACK,
  claimsOf,
  keys,
  openTab,
  openWorld,
  type Shown,
  type Tab,
  type World,
} from '../harness/world.ts';
import { aMethod, configure, otpAt, SECRET, wrongOtp } from '../second-factors/factors.ts';

const DATA = { contract: 'C-1848' };
const NUMBER = '+49 170 1234567';

let world: World;
let client: ApiClient;

beforeAll(async () => {
  world = await openWorld();
  client = await world.registerClient();
});

beforeEach(() =>
  configure(world.db, { factors: ['otp', 'sms', 'email', 'recovery-code'], policies: [] }),
);

/** Invites an address to something that needs one of these factors. */
async function invited(required: string[], plan: object = {}, email = aPerson().email) {
  const answer = await world.server.api('POST', '/api/v2/invitations', {
    recipients: [email],
    client_id: client.id,
    connection_id: world.connectionId,
    result_url: `${CALLBACK}?accepted=1`,
    factors: { required },
    data: DATA,
    return_links: true,
    ...plan,
  });
  if (answer.status !== 200) throw new Error(answer.text);
  const { link, invitation_id: id } = JSON.parse(answer.text);
  return { email, link: String(link), id: String(id) };
}

const said = ({ page }: Shown) => textOf({ html: page });
const stateOf = async (id: string) => (await findInvitation(world.db, id))?.state;
const secretIn = ({ page }: Shown) => /secret=([A-Z2-7]+)/.exec(page)?.[1] ?? '';
const codeNow = (secret: string) => otpAt(secret, world.clock.now());
const lastCode = () => /\b\d{6}\b/.exec(world.texts.at(-1)?.text ?? '')?.[0] ?? '';

/** Opens the link in a browser and chooses a password. */
async function choosesPassword(link: string, fields: Record<string, string> = {}) {
  const browser = plainBrowser();
  const tab = openTab(browser);
  await tab.go(link);
  const shown = await tab.send({ password: aPassword(), ...fields });
  const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec(shown.page) ?? [];
  /** Sends the form of the step, also if the page would not show it any more. */
  const types = (code: string, more: Record<string, string> = {}) =>
    browser.post(shown.url, { csrf, code, ...more });
  return { tab, shown, types };
}

async function methodsOf(id: string) {
  const invitation = await findInvitation(world.db, id);
  const userId = invitation?.acceptedUserId ?? '';
  const { methods } = await methodsOfUser(world.db, userId);
  return methods.map(({ kind }) => kind);
}

/** Returns where the page with the recovery code leads. */
function afterRecoveryCode(shown: Shown): string {
  expect(said(shown)).toContain('recovery code');
  const [, url = ''] = /<a class="primary as-button" href="([^"]+)"/.exec(shown.page) ?? [];
  return url.replaceAll('&amp;', '&');
}

async function claimsAt(tab: Tab) {
  const back = tab.back(await tab.go(world.authorize(client)));
  return claimsOf((await world.exchange(client, back)).body.id_token);
}

describe('an invitation that asks for an authenticator application', () => {
  test('is accepted after the first right code, and the login that follows asks for nothing', async () => {
    const { link, id } = await invited(['otp']);
    const { tab, shown } = await choosesPassword(link);
    expect(new URL(shown.url).pathname).toBe('/u/invitation-factor');
    expect(await stateOf(id)).toBe('pending');
    const secret = secretIn(shown);
    const wrong = await tab.send({ code: wrongOtp(secret, world.clock.now()) });
    expect([wrong.status, await stateOf(id)]).toEqual([400, 'pending']);
    expect(said(wrong)).toContain('That code is wrong');
    expect(secretIn(wrong)).toBe(secret);
    const done = await tab.send({ code: codeNow(secret) });
    expect(await stateOf(id)).toBe('accepted');
    expect(afterRecoveryCode(done)).toContain(`${CALLBACK}?`);
    expect(await methodsOf(id)).toEqual(expect.arrayContaining(['totp', 'recovery-code']));
    expect(await claimsAt(tab)).toMatchObject({
      amr: ['pwd', 'mfa', 'otp'],
      'https://usher.dev/invitation': { id, data: DATA },
    });
  });

  test('shows the same code again in this browser, and the link leads to it', async () => {
    const { link, id } = await invited(['otp']);
    const { tab, shown } = await choosesPassword(link);
    expect(secretIn(await tab.go(shown.url))).toBe(secretIn(shown));
    const page = await tab.go(link);
    expect(said(page)).toContain('Continue where you left off');
    expect(said(page)).not.toContain('Someone has begun');
    expect(page.page).toContain('/u/invitation-factor?ticket=');
    await tab.go(shown.url);
    await tab.send({ code: codeNow(secretIn(shown)) });
    expect(await stateOf(id)).toBe('accepted');
  });

  test('asks for a new secret after ten wrong codes', async () => {
    const { link, id } = await invited(['otp']);
    const { tab, shown, types } = await choosesPassword(link);
    const wrong = wrongOtp(secretIn(shown), world.clock.now());
    for (let i = 0; i < 10; i++) await types(wrong);
    const over = await tab.send({ code: codeNow(secretIn(shown)) });
    expect([over.status, said(over)]).toEqual([400, expect.stringContaining('Choose a method')]);
    const { csrf } = formOf(over.page).fields;
    await types('', { csrf: csrf ?? '', factor: 'otp' });
    const again = await tab.go(shown.url);
    expect(secretIn(again)).not.toBe(secretIn(shown));
    await tab.send({ code: codeNow(secretIn(again)) });
    expect(await stateOf(id)).toBe('accepted');
  });

  test('forgets what was proved here when somebody logs in anew', async () => {
    const { link, id } = await invited(['sms', 'otp']);
    const { tab, shown, types } = await choosesPassword(link);
    await types('', { factor: 'otp' });
    await tab.go(link);
    const second = await tab.send({ password: aPassword() });
    expect(said(second)).toContain('Choose a method');
    expect(await stateOf(id)).toBe('pending');
    await tab.send({ factor: 'sms' });
    const { csrf } = formOf(shown.page).fields;
    await types('', { csrf: csrf ?? '', address: NUMBER });
    await types(lastCode());
    expect([await stateOf(id), (await methodsOf(id)).includes('totp')]).toEqual([
      'accepted',
      false,
    ]);
  });

  test('keeps the fields that were entered before', async () => {
    const { email, link, id } = await invited(['otp'], {
      profile_schema: {
        type: 'object',
        properties: { given_name: { type: 'string' } },
        required: ['given_name'],
      },
    });
    const missing = await choosesPassword(link);
    expect([missing.shown.status, new URL(missing.shown.url).pathname]).toEqual([
      400,
      '/u/invitation',
    ]);
    const { tab, shown } = await choosesPassword(link, { 'field-given_name': 'Mira' });
    await tab.send({ code: codeNow(secretIn(shown)) });
    expect(await stateOf(id)).toBe('accepted');
    const { body } = await world.server.api('GET', `/api/v2/users-by-email?email=${email}`);
    expect(body).toMatchObject([{ given_name: 'Mira' }]);
  });

  test('is accepted once by sixteen right codes at the same moment', async () => {
    const { link, id } = await invited(['otp']);
    const { shown, types } = await choosesPassword(link);
    const code = codeNow(secretIn(shown));
    const answers = await atOnce(16, () => types(code));
    expect(answers.filter(({ page }) => page.includes('class="recovery"'))).toHaveLength(1);
    expect(await stateOf(id)).toBe('accepted');
    expect((await methodsOf(id)).filter((kind) => kind === 'totp')).toHaveLength(1);
  });

  test('that was revoked meanwhile says so', async () => {
    const { link, id } = await invited(['otp']);
    const { tab, shown, types } = await choosesPassword(link);
    expect((await world.server.api('DELETE', `/api/v2/invitations/${id}`)).status).toBeLessThan(
      300,
    );
    await types(codeNow(secretIn(shown)));
    expect(said(await tab.go(shown.url))).toContain('withdrawn');
    expect(await stateOf(id)).toBe('revoked');
  });
});

describe('an invitation that asks for a phone', () => {
  test('is accepted after the code of the text message', async () => {
    const { link, id } = await invited(['sms']);
    const { tab } = await choosesPassword(link);
    const unusable = await tab.send({ address: '12' });
    expect([unusable.status, said(unusable)]).toEqual([
      400,
      expect.stringContaining('That is not a phone number'),
    ]);
    const asks = await tab.send({ address: NUMBER });
    expect(said(asks)).toContain('••• 4567');
    const first = lastCode();
    await tab.send({ action: 'resend' });
    expect(lastCode()).not.toBe(first);
    const wrong = await tab.send({ code: first });
    expect([wrong.status, await stateOf(id)]).toEqual([400, 'pending']);
    await tab.send({ code: lastCode() });
    expect(await stateOf(id)).toBe('accepted');
    expect(await methodsOf(id)).toEqual(expect.arrayContaining(['phone']));
    expect(await claimsAt(tab)).toMatchObject({ amr: ['pwd', 'mfa', 'sms'] });
  });

  test('lets the person choose when there are several factors', async () => {
    const { link, id } = await invited(['sms', 'otp']);
    const { tab, shown } = await choosesPassword(link);
    expect(said(shown)).toContain('You need a second step to accept the invitation');
    await tab.send({ factor: 'sms' });
    await tab.send({ address: NUMBER });
    const again = await tab.go(`${shown.url}&again=1`);
    expect(again.page).toContain('value="+491701234567"');
    const totp = await tab.send({ factor: 'otp' });
    await tab.send({ code: codeNow(secretIn(totp)) });
    expect([await stateOf(id), await methodsOf(id)]).toEqual([
      'accepted',
      expect.arrayContaining(['totp']),
    ]);
  });
});

describe('another browser with the same link', () => {
  test('is told that one is on the way, and destroys nothing by looking', async () => {
    const { link, id } = await invited(['otp']);
    const first = await choosesPassword(link);
    const looks = await openTab().go(link);
    expect(said(looks)).toContain('Someone has begun to accept this invitation');
    await first.tab.send({ code: codeNow(secretIn(first.shown)) });
    expect(await stateOf(id)).toBe('accepted');
  });

  test('takes over when it goes on, and the first one starts again', async () => {
    const { link, id } = await invited(['otp']);
    const first = await choosesPassword(link);
    const second = await choosesPassword(link);
    expect(secretIn(second.shown)).not.toBe(secretIn(first.shown));
    await first.types(codeNow(secretIn(first.shown)));
    const late = await first.tab.go(first.shown.url);
    expect([new URL(late.url).pathname, await stateOf(id)]).toEqual(['/u/invitation', 'pending']);
    expect(said(late)).toContain('Someone has begun to accept this invitation');
    await second.tab.send({ code: codeNow(secretIn(second.shown)) });
    expect(await stateOf(id)).toBe('accepted');
  });

  test('cannot see or answer the step of the first one', async () => {
    const { link } = await invited(['otp']);
    const { shown } = await choosesPassword(link);
    const stranger = await openTab().go(shown.url);
    expect(new URL(stranger.url).pathname).toBe('/u/invitation');
    expect(stranger.page).not.toContain(secretIn(shown));
  });
});

describe('an account that exists', () => {
  const withPassword = async () => {
    const password = aPassword();
    const person = await world.createUser({ password });
    return { ...person, password };
  };

  test('enrolls its first factor with the acceptance', async () => {
    const person = await withPassword();
    const { link, id } = await invited(['otp'], {}, person.email);
    const tab = openTab();
    await tab.go(link);
    const shown = await tab.send({ password: person.password });
    expect([new URL(shown.url).pathname, await stateOf(id)]).toEqual([
      '/u/invitation-factor',
      'pending',
    ]);
    await tab.send({ code: codeNow(secretIn(shown)) });
    expect([await stateOf(id), await hasSecondFactor(world.db, person.userId)]).toEqual([
      'accepted',
      true,
    ]);
  });

  test('with a second factor accepts at once, and shows the factor at the login', async () => {
    const person = await withPassword();
    const { userId } = person;
    const writing = { db: world.db, key: keys.encryption, now: world.clock.now() };
    await aMethod(writing, { userId, kind: 'totp', totpSecret: SECRET });
    const { link, id } = await invited(['otp'], {}, person.email);
    const tab = openTab();
    await tab.go(link);
    await tab.send({ password: person.password });
    expect(await stateOf(id)).toBe('accepted');
    expect(await methodsOf(id)).toEqual(['totp']);
  });
});

test('an invitation that takes the address as factor needs no step', async () => {
  const { link, id } = await invited(['email']);
  const { shown } = await choosesPassword(link);
  expect([await stateOf(id), await methodsOf(id)]).toEqual([
    'accepted',
    expect.arrayContaining(['email']),
  ]);
  expect(afterRecoveryCode(shown)).toContain(`${CALLBACK}?`);
});

test('a policy for all applications asks in the acceptance, too', async () => {
  await configure(world.db, { factors: ['otp'], policies: ['all-applications'] });
  const { link, id } = await invited([], { factors: undefined });
  const { tab, shown } = await choosesPassword(link);
  expect(await stateOf(id)).toBe('pending');
  await tab.send({ code: codeNow(secretIn(shown)) });
  expect(await stateOf(id)).toBe('accepted');
});
