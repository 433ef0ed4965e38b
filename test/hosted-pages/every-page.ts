import type { Page } from 'playwright-core';
import type { Template } from '../../src/http/hosted-pages/page-values/page-values.ts';
import { aProvider } from '../harness/providers/person.ts';
import type { Scene } from '../harness/scene.ts';
import { aMethod, configure, otpAt, SECRET } from '../second-factors/factors.ts';

export type Visit = {
  name: string;
  template: Template;
  path: string;
  /** Actions on the page before the check. */
  act?: (page: Page) => Promise<void>;
};

const PASSWORD = 'Tulip-Canal-77';
const LONG = {
  app: 'Donaudampfschifffahrtsgesellschaftskapitänsverwaltung <b>bold</b>',
  person: 'Maria-Theresia von und zu Hohenzollern-Sigmaringen de la Rochefoucauld',
  email: `${'a-very-long-name-'.repeat(3)}end@department.of.a.company.with.a.long.name.example.com`,
};

const fills = (fields: Record<string, string>) => async (page: Page) => {
  for (const [id, text] of Object.entries(fields)) await page.fill(`#${id}`, text);
};

const sends = (fields: Record<string, string>) => async (page: Page) => {
  await fills(fields)(page);
  await Promise.all([page.waitForEvent('load'), page.click('button[type=submit]')]);
};

/** Every hosted page that a browser can reach here, in the states in which people see it. */
export async function everyPage(scene: Scene): Promise<Visit[]> {
  const connection = await scene.aConnection({ passwordPolicy: 'good' });
  const client = await scene.aClient(connection);
  const long = await scene.aClient(connection, { name: LONG.app });
  const user = await scene.aUser(connection, { email: 'jo@example.com', password: PASSWORD });
  const login = await scene.authorizePath(client.id);
  const signUp = await scene.authorizePath(client.id, { screen_hint: 'signup' });
  const forgot = await scene.authorizePath(client.id, { screen_hint: 'reset-password' });
  const visits: Visit[] = [
    { name: 'login', template: 'login', path: login },
    {
      name: 'login-wrong',
      template: 'login',
      path: login,
      act: sends({ username: 'jo@example.com', password: 'nope' }),
    },
    { name: 'login-long', template: 'login', path: await scene.authorizePath(long.id) },
    {
      name: 'sign-up',
      template: 'sign-up',
      path: signUp,
      act: fills({ password: 'tulips' }),
    },
    { name: 'forgot', template: 'forgot', path: forgot },
    { name: 'forgot-wrong', template: 'forgot', path: forgot, act: sends({ email: 'jo' }) },
    {
      name: 'mail-sent',
      template: 'message',
      path: forgot,
      act: sends({ email: 'jo@example.com' }),
    },
    { name: 'done', template: 'message', path: '/u/done?what=invitation' },
    { name: 'logged-out', template: 'message', path: '/u/logged-out' },
    { name: 'not-found', template: 'message', path: '/nothing-here' },
    { name: 'stale', template: 'message', path: '/u/login?state=gone' },
    { name: 'error', template: 'message', path: '/boom' },
    ...(await passkeyPages(scene)),
    ...(await linkPages(scene, { connection, client, long })),
    ...(await codePages(scene, connection)),
    ...(await factorPages(scene, { connection, client, user })),
  ];
  return visits;
}

/** The pages of a connection with passkeys. */
async function passkeyPages(scene: Scene): Promise<Visit[]> {
  const options = {
    authentication_methods: { passkey: { enabled: true } },
    // The offer of a passkey comes at the end of a login.
    mfa: { active: false },
  };
  const connection = await scene.aConnection(options, 'keyed');
  const client = await scene.aClient(connection);
  await scene.aUser(connection, { email: 'kay@example.com', password: PASSWORD });
  const login = await scene.authorizePath(client.id);
  return [
    { name: 'login-passkey', template: 'login', path: login },
    {
      name: 'sign-up-passkey',
      template: 'sign-up',
      path: await scene.authorizePath(client.id, { screen_hint: 'signup' }),
    },
    {
      name: 'passkey-enrollment',
      template: 'passkey-enrollment',
      path: login,
      act: sends({ username: 'kay@example.com', password: PASSWORD }),
    },
  ];
}

type Made = {
  connection: Awaited<ReturnType<Scene['aConnection']>>;
  client: Awaited<ReturnType<Scene['aClient']>>;
  long: Awaited<ReturnType<Scene['aClient']>>;
  user: Awaited<ReturnType<Scene['aUser']>>;
};

/** The pages behind links in mails. */
async function linkPages(
  scene: Scene,
  { connection, client, long }: Omit<Made, 'user'>,
): Promise<Visit[]> {
  const invited = await scene.aUser(connection, { email: 'invited@example.com' });
  const member = await scene.aUser(connection, { email: LONG.email, password: PASSWORD });
  const other = await scene.aUser(connection, { email: 'other@example.com' });
  const unproven = await scene.aUser(connection, { password: PASSWORD, isUnproven: true });
  const plan = { inviter: { name: 'Mira Okafor' } };
  const invitation = async (
    of: typeof invited,
    to: typeof client,
    more: { inviter?: { name: string }; ttlSec?: number } = {},
  ) => {
    const made = await scene.anInvitation(of, { clientId: to.id, plan: { ...plan, ...more } });
    return `/u/invitation?ticket=${made.secret}#`;
  };
  const ticket = async (of: typeof invited, chosen: Parameters<Scene['aTicket']>[1] = {}) =>
    scene.aTicket(of, chosen);
  const superseded = await ticket(other);
  const reset = `/u/reset-verify?ticket=${await ticket(other)}#`;
  const verification = { kind: 'email-verification' } as const;
  const ofMember = await invitation(member, client);
  const ofMemberLong = await invitation(member, long, { inviter: { name: LONG.person } });
  return [
    { name: 'reset', template: 'reset', path: reset },
    { name: 'reset-strong', template: 'reset', path: reset, act: fills({ password: PASSWORD }) },
    { name: 'reset-weak', template: 'reset', path: reset, act: sends({ password: 'tulip' }) },
    {
      name: 'invitation',
      template: 'invitation',
      path: await invitation(invited, client),
      act: fills({ password: 'Tulips99' }),
    },
    { name: 'invitation-login', template: 'invitation', path: ofMember },
    {
      name: 'invitation-account',
      template: 'invitation-account',
      path: ofMember.replace('/u/invitation', '/u/invitation-account'),
      act: sends({ username: 'nobody@example.com', password: 'nope' }),
    },
    {
      name: 'invitation-decline',
      template: 'decline-invitation',
      path: ofMember.replace('/u/invitation', '/u/decline-invitation'),
    },
    {
      name: 'invitation-login-wrong',
      template: 'invitation',
      path: ofMember,
      act: sends({ password: 'nope' }),
    },
    { name: 'invitation-login-long', template: 'invitation', path: ofMemberLong },
    {
      name: 'expired',
      template: 'dead-link',
      path: await invitation(other, client, { ttlSec: 0 }),
    },
    { name: 'superseded', template: 'dead-link', path: `/u/reset-verify?ticket=${superseded}#` },
    { name: 'unknown', template: 'dead-link', path: '/u/reset-verify?ticket=nothing#' },
    {
      name: 'verification',
      template: 'verification',
      path: `/u/email-verification?ticket=${await ticket(invited, verification)}`,
    },
    {
      name: 'verification-unproven',
      template: 'verification',
      path: `/u/email-verification?ticket=${await ticket(unproven, verification)}`,
    },
    {
      name: 'unblock',
      template: 'unblock',
      path: `/u/unblock?ticket=${await ticket(other, { kind: 'account-unblock' })}`,
    },
  ];
}

/** The pages of an application that mails codes. */
async function codePages(scene: Scene, connection: Made['connection']): Promise<Visit[]> {
  const client = await scene.aClient(connection, { name: 'Codes' });
  const clientIds = [client.id];
  await aProvider(scene, { name: 'mailed', strategy: 'email', options: {}, clientIds });
  const invited = await scene.aUser(connection, { email: 'coded@example.com' });
  const { secret } = await scene.anInvitation(invited, { clientId: client.id });
  const path = `/u/invitation?ticket=${secret}`;
  return [
    { name: 'invitation-with-code', template: 'invitation', path },
    {
      name: 'invitation-code',
      template: 'login-code',
      path,
      async act(page) {
        const button = 'form[action*="invitation-code"] button';
        await Promise.all([page.waitForEvent('load'), page.click(button)]);
        await sends({ code: '000' })(page);
      },
    },
  ];
}

/** The pages that ask for a second factor or enrol one. */
async function factorPages(
  scene: Scene,
  { connection, client, user }: Omit<Made, 'long'>,
): Promise<Visit[]> {
  await configure(scene.db, {
    factors: ['otp', 'sms', 'email', 'webauthn-roaming', 'recovery-code'],
  });
  const owner = await scene.aUser(connection, { email: 'owner@example.com', password: PASSWORD });
  const sealed = { db: scene.db, key: scene.keys.encryption, now: scene.clock.now() };
  await aMethod(sealed, { userId: owner.id, kind: 'totp', totpSecret: SECRET });
  await aMethod(sealed, { userId: owner.id, kind: 'phone', phoneNumber: '+491701234567' });

  const login = await scene.authorizePath(client.id);
  /** Types the password and follows to that page of the same login. */
  const visit = (
    name: string,
    who: typeof user,
    more: { template: Template; page?: string; act?: Visit['act'] },
  ): Visit => {
    return {
      name,
      template: more.template,
      path: login,
      async act(page) {
        await sends({ username: who.email ?? '', password: PASSWORD })(page);
        const { search } = new URL(page.url());
        if (more.page) await page.goto(`${scene.publicUrl}/u/${more.page}${search}`);
        await more.act?.(page);
      },
    };
  };
  return [
    visit('factor-enroll', user, { template: 'mfa-choices' }),
    visit('factor-app', user, { template: 'mfa-code', page: 'mfa-otp-enrollment' }),
    visit('factor-key', user, { template: 'mfa-key', page: 'mfa-webauthn-roaming-enrollment' }),
    visit('factor-phone', user, { template: 'mfa-address', page: 'mfa-sms-enrollment' }),
    visit('factor-code', owner, { template: 'mfa-code', page: 'mfa-otp-challenge' }),
    visit('factor-code-wrong', owner, {
      template: 'mfa-code',
      page: 'mfa-otp-challenge',
      act: sends({ code: '000' }),
    }),
    visit('factor-options', owner, { template: 'mfa-choices', page: 'mfa-login-options' }),
    visit('factor-recovery', user, {
      template: 'mfa-recovery-code',
      page: 'mfa-otp-enrollment',
      async act(page) {
        const shown = (await page.locator('code.copy').textContent()) ?? '';
        const code = otpAt(shown.replaceAll(' ', ''), scene.clock.now());
        await sends({ code })(page);
      },
    }),
  ];
}
