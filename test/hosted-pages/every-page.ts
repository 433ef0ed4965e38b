import type { Page } from 'playwright-core';
import { aMethod, configure, otpAt, SECRET } from '../second-factors/factors.ts';
import { keys, type World } from './world.ts';

export type Visit = {
  name: string;
  /** The template of the page. */
  template: string;
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
export async function everyPage(world: World): Promise<Visit[]> {
  const connection = await world.aConnection({ passwordPolicy: 'good' });
  const client = await world.aClient(connection);
  const long = await world.aClient(connection, { name: LONG.app });
  const user = await world.aUser(connection, { email: 'jo@example.com', password: PASSWORD });
  const state = world.beginLogin(client.id);
  const login = `/u/login?state=${state}`;
  const forgot = `/u/reset-password/request?state=${state}`;
  const visits: Visit[] = [
    { name: 'login', template: 'login', path: login },
    {
      name: 'login-wrong',
      template: 'login',
      path: login,
      act: sends({ username: 'jo@example.com', password: 'nope' }),
    },
    { name: 'login-long', template: 'login', path: `/u/login?state=${world.beginLogin(long.id)}` },
    {
      name: 'sign-up',
      template: 'sign-up',
      path: `/u/signup?state=${state}`,
      act: fills({ password: 'tulips' }),
    },
    { name: 'forgot', template: 'forgot', path: forgot },
    { name: 'forgot-wrong', template: 'forgot', path: forgot, act: sends({ email: 'jo' }) },
    { name: 'mail-sent', template: 'message', path: `/u/mail-sent?state=${state}` },
    { name: 'done', template: 'message', path: '/u/done?what=invitation' },
    { name: 'logged-out', template: 'message', path: '/u/logged-out' },
    { name: 'not-found', template: 'message', path: '/nothing-here' },
    { name: 'stale', template: 'message', path: '/u/login?state=gone' },
    { name: 'error', template: 'message', path: '/boom' },
    ...(await linkPages(world, { connection, client, long })),
    ...(await factorPages(world, { connection, client, user })),
  ];
  return visits;
}

type Made = {
  connection: Awaited<ReturnType<World['aConnection']>>;
  client: Awaited<ReturnType<World['aClient']>>;
  long: Awaited<ReturnType<World['aClient']>>;
  user: Awaited<ReturnType<World['aUser']>>;
};

/** The pages behind links in mails. */
async function linkPages(
  world: World,
  { connection, client, long }: Omit<Made, 'user'>,
): Promise<Visit[]> {
  const invited = await world.aUser(connection, { email: 'invited@example.com' });
  const member = await world.aUser(connection, { email: LONG.email, password: PASSWORD });
  const other = await world.aUser(connection, { email: 'other@example.com' });
  const unproven = await world.aUser(connection, { password: PASSWORD, isUnproven: true });
  const plan = { inviter: { name: 'Mira Okafor' } };
  const invitation = async (
    of: typeof invited,
    to: typeof client,
    more: { inviter?: { name: string }; ttlSec?: number } = {},
  ) => {
    const made = await world.anInvitation(of, { clientId: to.id, plan: { ...plan, ...more } });
    return `/u/invitation?ticket=${made.secret}#`;
  };
  const ticket = async (of: typeof invited, chosen: Parameters<World['aTicket']>[1] = {}) =>
    world.aTicket(of, chosen);
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

/** The pages that ask for a second factor or enrol one. */
async function factorPages(
  world: World,
  { connection, client, user }: Omit<Made, 'long'>,
): Promise<Visit[]> {
  await configure(world.db, { factors: ['otp', 'sms', 'email', 'recovery-code'] });
  const owner = await world.aUser(connection, { email: 'owner@example.com', password: PASSWORD });
  const sealed = { db: world.db, key: keys.encryption, now: world.clock.now() };
  await aMethod(sealed, { userId: owner.id, kind: 'totp', totpSecret: SECRET });
  await aMethod(sealed, { userId: owner.id, kind: 'phone', phoneNumber: '+491701234567' });

  /** Types the password and follows to that page of the same login. */
  const visit = (
    name: string,
    who: typeof user,
    more: { template: string; page?: string; act?: Visit['act'] },
  ): Visit => {
    const state = world.beginLogin(client.id);
    return {
      name,
      template: more.template,
      path: `/u/login?state=${state}`,
      async act(page) {
        await sends({ username: who.email ?? '', password: PASSWORD })(page);
        if (more.page) await page.goto(`${world.publicUrl}/u/${more.page}?state=${state}`);
        await more.act?.(page);
      },
    };
  };
  return [
    visit('factor-enroll', user, { template: 'mfa-choices' }),
    visit('factor-app', user, { template: 'mfa-code', page: 'mfa-otp-enrollment' }),
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
        const code = otpAt(shown.replaceAll(' ', ''), world.clock.now());
        await sends({ code })(page);
      },
    }),
  ];
}
