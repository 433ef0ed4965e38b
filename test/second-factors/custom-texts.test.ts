import { beforeAll, describe, expect, test } from 'vitest';
import { writePromptTexts } from '../../src/records/branding/branding.ts';
import type { Client } from '../../src/records/clients/clients.ts';
import type { Connection } from '../../src/records/connections/connections.ts';
import { issueTicket } from '../../src/records/tickets/tickets.ts';
import type { User } from '../../src/records/users/users.ts';
import { aVisitor, type Page, textOf, type Visitor } from '../harness/visitor.ts';
import { keys, openStillWorld, type StillWorld } from '../harness/world.ts';
import { aMethod, configure, otpAt, SECRET, wrongOtp } from './factors.ts';

const PASSWORD = 'Tulip-Canal-77';
const NAMES = ['OTP', 'SMS', 'Phone', 'Email', 'RecoveryCode'].map(
  (factor) => `authenticatorNames${factor}`,
);
const CODE = [
  'title',
  'description',
  'buttonText',
  'placeholder',
  'rememberMeText',
  'pickAuthenticatorText',
  'resendActionText',
  'invalid-code',
];
/** Prompt → screen → names that are on its pages. */
const PROMPTS: Record<string, Record<string, string[]>> = {
  mfa: {
    'mfa-login-options': ['title', 'description', ...NAMES],
    'mfa-begin-enroll-options': ['title', 'description', ...NAMES],
    'mfa-enroll-result': ['enrolledTitle', 'enrolledDescription', 'expiredTicketTitle'],
  },
  'mfa-otp': {
    'mfa-otp-challenge': CODE,
    'mfa-otp-enrollment-qr': [...CODE, 'codeEnrollmentText'],
    'mfa-otp-enrollment-code': ['description'],
  },
  'mfa-sms': {
    'mfa-sms-challenge': [...CODE, 'editText', 'send-sms-failed', 'too-many-sms'],
    'mfa-sms-enrollment': ['title', 'description', 'buttonText', 'placeholder', 'invalid-phone'],
  },
  'mfa-phone': { 'mfa-phone-enrollment': ['title', 'continueButtonText', 'pickAuthenticatorText'] },
  'mfa-email': { 'mfa-email-challenge': [...CODE, 'too-many-email'] },
  'mfa-recovery-code': {
    'mfa-recovery-code-challenge': CODE,
    'mfa-recovery-code-enrollment': ['title', 'description', 'buttonText'],
    'mfa-recovery-code-challenge-new-code': ['title', 'description', 'buttonText'],
  },
};

let world: StillWorld;
let connection: Connection;
let client: Client;

beforeAll(async () => {
  world = await openStillWorld();
  connection = await world.aConnection();
  client = await world.aClient(connection);
  await configure(world.db, {
    factors: ['otp', 'sms', 'email', 'recovery-code'],
    policies: ['all-applications'],
  });
  for (const [prompt, screens] of Object.entries(PROMPTS)) {
    const texts = Object.fromEntries(
      Object.entries(screens).map(([screen, names]) => [
        screen,
        Object.fromEntries(names.map((name) => [name, `[${screen} ${name}] <i>{to}`])),
      ]),
    );
    await writePromptTexts(world.db, { prompt, language: 'en', texts }, world.clock.now());
  }
});

/** Returns the operator's texts on a page, by the placeholders in them. */
function said(page: Page): Record<string, string[]> {
  expect(page.html).not.toContain('<i>');
  const found: Record<string, string[]> = {};
  for (const [, screen = '', name = ''] of textOf(page).matchAll(/\[(\S+) (\S+)\] <i>/g)) {
    found[screen] = [...new Set([...(found[screen] ?? []), name])];
  }
  return found;
}

const aUser = () => world.aUser(connection, { password: PASSWORD });
const has = (user: User, method: Omit<Parameters<typeof aMethod>[1], 'userId'>) =>
  aMethod(
    { db: world.db, key: keys.encryption, now: world.clock.now() },
    { userId: user.id, ...method },
  );

/** Returns a user with every kind of factor. */
async function somebody(): Promise<User> {
  const user = await aUser();
  await has(user, { kind: 'totp', totpSecret: SECRET });
  await has(user, { kind: 'phone', phoneNumber: '+491701234567' });
  await has(user, { kind: 'email', email: 'codes@example.test' });
  await has(user, { kind: 'recovery-code', recoveryCode: 'ABCDEFGHJKLMNPQRSTUVWXYZ' });
  return user;
}

async function enter(user: User) {
  const visitor = aVisitor(world);
  const state = await world.beginLogin(visitor, client.id);
  const login = await visitor.get(`/u/login?state=${state}`);
  const answer = await visitor.submit(login, { username: user.email ?? '', password: PASSWORD });
  const page = await visitor.get(String(answer.headers.location));
  return { visitor, page, open: (name: string) => visitor.get(`/u/${name}?state=${state}`) };
}

const wrongCode = (visitor: Visitor, page: Page) =>
  visitor.submit(page, { code: wrongOtp(SECRET, world.clock.now()), action: '' });

describe('an operator’s texts', () => {
  test("appear on the page for an application's code", async () => {
    const { visitor, page } = await enter(await somebody());
    const asked = ['title', 'description', 'placeholder', 'rememberMeText', 'buttonText'];
    const names = [...asked, 'pickAuthenticatorText'].sort();
    expect(said(page)['mfa-otp-challenge']?.sort()).toEqual(names);
    expect(Object.keys(said(page))).toEqual(['mfa-otp-challenge']);
    const wrong = await wrongCode(visitor, page);
    expect(said(wrong)['mfa-otp-challenge']).toContain('invalid-code');
  });

  test.each([
    'sms',
    'email',
    'recovery-code',
  ])('appear on the page for a code of the kind %s, and no others do', async (kind) => {
    const { visitor, open } = await enter(await somebody());
    const screen = `mfa-${kind}-challenge`;
    const page = await open(screen);
    const sent = kind === 'recovery-code' ? [] : ['rememberMeText', 'resendActionText'];
    const names = ['title', 'description', 'placeholder', 'buttonText', 'pickAuthenticatorText'];
    expect(said(page)[screen]?.sort()).toEqual([...names, ...sent].sort());
    expect(Object.keys(said(page))).toEqual([screen]);
    // The page names the destination of the code after the operator's text, whose own braces have no meaning.
    const to = { sms: '••• 4567', email: 'co•••@example.test' }[kind] ?? '';
    expect(textOf(page)).toContain(`[${screen} description] <i>{\u2060to} ${to}`.trim());
    if (kind !== 'recovery-code') return;
    const wrong = await wrongCode(visitor, page);
    expect(said(wrong)[screen]).toContain('invalid-code');
  });

  test('appear on the page to choose a factor', async () => {
    const { open } = await enter(await somebody());
    const found = said(await open('mfa-login-options'));
    expect(Object.keys(found)).toEqual(['mfa-login-options']);
    expect(found['mfa-login-options']?.sort()).toEqual(
      ['title', 'description', ...NAMES.filter((name) => !name.endsWith('SMS'))].sort(),
    );
  });

  test('appear on the pages to enrol a factor', async () => {
    const { page, open } = await enter(await aUser());
    expect(said(page)).toEqual({
      'mfa-begin-enroll-options': expect.arrayContaining(['title', 'description', NAMES[0]]),
    });
    const otp = said(await open('mfa-otp-enrollment'));
    expect(otp['mfa-otp-enrollment-qr']?.sort()).toEqual(
      [
        'title',
        'description',
        'placeholder',
        'buttonText',
        'codeEnrollmentText',
        'pickAuthenticatorText',
      ].sort(),
    );
    expect(otp['mfa-otp-enrollment-code']).toEqual(['description']);
  });

  test('of SMS win over those of a phone, which fill the gaps', async () => {
    const { visitor, open } = await enter(await aUser());
    const page = await open('mfa-sms-enrollment');
    expect(said(page)).toEqual({
      'mfa-sms-enrollment': expect.arrayContaining(['title', 'description', 'buttonText']),
      'mfa-phone-enrollment': ['pickAuthenticatorText'],
    });
    const odd = await visitor.submit(page, { address: 'no number' });
    expect(said(odd)['mfa-sms-enrollment']).toContain('invalid-phone');
    const begun = await visitor.submit(page, { address: '+491707654321' });
    const asked = await visitor.get(String(begun.headers.location));
    expect(said(asked)).toEqual({
      'mfa-sms-challenge': expect.arrayContaining(['title', 'resendActionText', 'editText']),
    });
    const wrong = await visitor.submit(asked, { code: '000000', action: '' });
    expect(said(wrong)['mfa-sms-challenge']).toContain('invalid-code');
  });

  test('appear with the first and the next recovery code', async () => {
    const { visitor, open } = await enter(await aUser());
    const page = await open('mfa-otp-enrollment');
    const secret = (/<code class="copy">([^<]+)</.exec(page.html)?.[1] ?? '').replaceAll(' ', '');
    const kept = await visitor.submit(page, { code: otpAt(secret, world.clock.now()) });
    expect(said(kept)).toEqual({
      'mfa-recovery-code-enrollment': ['title', 'description', 'buttonText'],
    });

    const other = await enter(await somebody());
    const asked = await other.open('mfa-recovery-code-challenge');
    const next = await other.visitor.submit(asked, { code: 'ABCDEFGHJKLMNPQRSTUVWXYZ' });
    expect(said(next)).toEqual({
      'mfa-recovery-code-challenge-new-code': ['title', 'description', 'buttonText'],
    });
  });

  test('appear after the end of an enrolment link', async () => {
    const user = await aUser();
    const link = await issueTicket(world.db, {
      kind: 'factor-enrollment',
      userId: user.id,
      ttlSeconds: 60,
      details: { factor: null, allowMultiple: false },
      ticketKey: keys.ticket,
      now: new Date(world.clock.now().getTime() - 3_600_000),
    });
    const dead = await aVisitor(world).get(`/u/mfa-enrollment?ticket=${link.secret}`);
    expect(said(dead)).toEqual({ 'mfa-enroll-result': ['expiredTicketTitle'] });
    const done = await aVisitor(world).get('/u/done?what=mfa');
    expect(said(done)).toEqual({ 'mfa-enroll-result': ['enrolledTitle', 'enrolledDescription'] });
  });

  test('of one language do not appear in another', async () => {
    const { visitor, page } = await enter(await somebody());
    const german = await visitor.get(
      `/u/mfa-otp-challenge?state=${/state=([^"&]+)/.exec(page.html)?.[1]}`,
      { 'accept-language': 'de' },
    );
    expect(said(german)).toEqual({});
  });

  test('of factors change no other page', async () => {
    const visitor = aVisitor(world);
    const page = await world.openLogin(visitor, client.id);
    expect(said(page)).toEqual({});
  });
});
