import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { methodsOfUser } from '../../src/records/authentication-methods/authentication-methods.ts';
import { findInvitation } from '../../src/records/invitations/invitations.ts';
import { findPassword } from '../../src/records/passwords/passwords.ts';
import { findUser, linkedIdentities, type User } from '../../src/records/users/users.ts';
import { planCrashes } from '../harness/planned-crash.ts';
import { aVisitor } from '../harness/visitor.ts';
import { made, openWorld, type World } from '../harness/world.ts';
import { aSceneOfAllWays, FLOW_WAYS, type FlowWay, type SceneOfAllWays } from './all-ways.ts';
import {
  aNumber,
  enableFactors,
  FIELDS,
  type FlowPage,
  GOOD,
  NAMES,
  textedCode,
  wrongCode,
} from './flow-page.ts';

/** Tables that an acceptance writes. */
const WRITTEN =
  'invitation_flows invitations users passwords authentication_methods provided_identities identity_tokens arrivals user_roles messages'.split(
    ' ',
  );

let world: World;
let crashAt: Awaited<ReturnType<typeof planCrashes>>;
let scene: SceneOfAllWays;
let roleId: string;

beforeAll(async () => {
  world = await openWorld();
  scene = await aSceneOfAllWays(world);
  await enableFactors(world);
  roleId = (await made(world.server, '/roles', { name: 'Guest' })).id;
  crashAt = await planCrashes(world, WRITTEN);
});

/** What was done with one invitation so far. */
type Real = {
  invited: { id: string; secret: string; link: string; user: User };
  /** The way that people usually go, and whether the invited person has an account with a password. */
  way: FlowWay;
  isKnown: boolean;
  browsers: [FlowPage, FlowPage];
  number: string;
  /** How often somebody was told that the invitation is accepted now. */
  accepted: number;
  /** The state in which the invitation has ended. */
  ended: string | null;
  /** Phones that the latest acceptance gives, if it happens. */
  phones: number;
};

async function begin(way: FlowWay, factors: { required: 'sms'[] } | null): Promise<Real> {
  const isKnown = way === 'existing';
  const user = await scene.user(isKnown);
  const plan = { profileSchema: NAMES, appMetadata: { plan: 'team' }, roles: [roleId] };
  const invitation = await world.anInvitation(user, {
    clientId: scene.client.id,
    plan: { ...plan, ...(factors && { factors }) },
  });
  const link = `${world.publicUrl}/u/invitation?ticket=${invitation.secret}#`;
  const invited = { ...invitation, link, user };
  return {
    invited,
    way,
    isKnown,
    browsers: [scene.page(), scene.page()],
    number: aNumber(),
    accepted: 0,
    ended: null,
    phones: 0,
  };
}

const STEPS = [
  'start',
  'takeOver',
  'profile',
  'usualWay',
  ...FLOW_WAYS,
  'phone',
  'wrongCode',
  'rightCode',
  'complete',
  'hostedPage',
  'decline',
  'resend',
  'revoke',
] as const;
type Step = { step: (typeof STEPS)[number]; browser: 0 | 1; crash: number | null };

async function carryOut(real: Real, { step, browser }: Step): Promise<void> {
  const page = real.browsers[browser];
  const { invited, number } = real;
  switch (step) {
    case 'start':
      await page.start(invited.link);
      return;
    case 'takeOver':
      await page.start(invited.link, { take_over: true });
      return;
    case 'profile':
      await page.send('profile', { fields: FIELDS });
      return;
    case 'usualWay':
      return scene.show(page, real.way, invited.user.email ?? '');
    case 'password':
    case 'passkey':
    case 'connection':
    case 'code':
    case 'existing':
      return scene.show(page, step, invited.user.email ?? '');
    case 'phone':
      await page.send('phone', { phone_number: number });
      return;
    case 'wrongCode':
    case 'rightCode': {
      const right = textedCode(world, number);
      await page.send('phone/verify', {
        code: step === 'rightCode' ? right || '1' : wrongCode(right),
      });
      return;
    }
    case 'complete': {
      const { entered, next = [] } = (await page.state()).body;
      if (next.includes('complete')) real.phones = entered.is_phone_verified ? 1 : 0;
      if ((await page.send('complete', {})).status === 200) real.accepted += 1;
      return;
    }
    case 'hostedPage': {
      const path = `/u/invitation?ticket=${invited.secret}`;
      const visitor = aVisitor(world);
      const shown = await visitor.get(path);
      if (!shown.html.includes('name="password"')) return;
      const csrf = /name="csrf" value="([^"]+)"/.exec(shown.html)?.[1] ?? '';
      const fields = Object.entries(FIELDS).map(([name, value]) => [`field-${name}`, value]);
      const typed = { ...Object.fromEntries(fields), password: GOOD };
      real.phones = 0;
      if ((await visitor.post(path, { csrf, ...typed })).status === 303) real.accepted += 1;
      return;
    }
    case 'decline': {
      const path = `/u/decline-invitation?ticket=${invited.secret}`;
      const visitor = aVisitor(world);
      const asks = await visitor.get(path);
      if (asks.status === 200) await visitor.submit(asks, {});
      return;
    }
    case 'resend':
      await world.server.api('POST', `/api/v2/invitations/${invited.id}/resend`);
      return;
    case 'revoke':
      await world.server.api('DELETE', `/api/v2/invitations/${invited.id}`);
  }
}

async function holds(real: Real): Promise<void> {
  const { id, user } = real.invited;
  const [invitation, now, password, { methods }, linked, roles] = await Promise.all([
    findInvitation(world.db, id),
    findUser(world.db, user.id),
    findPassword(world.db, user.id),
    methodsOfUser(world.db, user.id),
    linkedIdentities(world.db, [user.id]),
    world.server.api<object[]>('GET', `/api/v2/users/${encodeURIComponent(user.id)}/roles`),
  ]);
  const state = invitation?.state ?? null;
  expect(real.accepted, 'acceptances').toBeLessThanOrEqual(1);
  if (real.accepted === 1) expect(state, 'an answered acceptance lasts').toBe('accepted');
  if (real.ended !== null) expect(state, 'an end is final').toBe(real.ended);
  real.ended = state === 'pending' ? null : state;
  const given = {
    roles: roles.body.length,
    metadata: now?.appMetadata,
    names: [now?.givenName, now?.familyName],
    fields: now?.userMetadata,
    phones: methods.filter(({ kind }) => kind === 'phone').length,
    isVerified: now?.emailVerified,
    password: password !== null,
    passkeys: methods.filter(({ kind }) => kind === 'passkey').length,
    identities: linked.get(user.id)?.length ?? 0,
  };
  // Either everything is given, or nothing.
  const before = { ...NOTHING, isVerified: real.isKnown, password: real.isKnown };
  expect(given).toEqual(
    state === 'accepted' ? everything(real, invitation?.acceptedBy ?? null) : before,
  );
}

const NOTHING = {
  roles: 0,
  metadata: null,
  names: [null, null],
  fields: null,
  phones: 0,
  isVerified: false,
  password: false,
  passkeys: 0,
  identities: 0,
};

/** Exactly the way that was shown is there. An account in use keeps its own, and gets nothing for which the link alone speaks. */
function everything({ phones, isKnown }: Real, by: string | null): object {
  return {
    roles: 1,
    metadata: { plan: 'team' },
    names: ['Ada', 'Byron'],
    fields: { department: 'sales' },
    phones,
    isVerified: true,
    password: isKnown || by === 'link',
    passkeys: by === 'passkey' && !isKnown ? 1 : 0,
    identities: by === 'identity' || by === 'passwordless' ? 1 : 0,
  };
}

const aStep: fc.Arbitrary<Step> = fc.record({
  step: fc.constantFrom(
    ...STEPS,
    'profile',
    'usualWay',
    'usualWay',
    'phone',
    'rightCode',
    'complete',
    'complete',
    'complete',
  ),
  browser: fc.constantFrom(0, 0, 0, 1),
  crash: fc.option(fc.integer({ min: 1, max: 12 }), { nil: null, freq: 2 }),
});

const USUAL = ['start', 'profile', 'usualWay', 'phone', 'rightCode'] as const;
const usually = (far: number) =>
  USUAL.slice(0, far).map((step): Step => ({ step, browser: 0, crash: null }));

test.each(
  FLOW_WAYS,
)('wherever the server crashes during the completion with %s, it gives nothing, and the next completion gives everything', async (way) => {
  const real = await begin(way, { required: ['sms'] });
  for (const step of usually(USUAL.length)) await carryOut(real, step);
  let crash = 0;
  while (real.accepted === 0 && crash < 100) {
    crash += 1;
    await crashAt(crash);
    await carryOut(real, { step: 'complete', browser: 0, crash });
    await crashAt(null);
    await holds(real);
  }
  expect([real.accepted, real.phones]).toEqual([1, 1]);
  // The account, its way to log in, its role, the fields, the factor, the flow, the invitation and the login.
  expect(crash).toBeGreaterThan(way === 'existing' ? 6 : 8);
});

/** Most runs begin as people do, so that they come as far as a crash in the completion. */
const aRun = fc
  .tuple(
    fc.constantFrom(0, 2, USUAL.length, USUAL.length),
    fc.integer({ min: 1, max: 16 }),
    fc.array(aStep, { minLength: 2, maxLength: 8 }),
  )
  .map(([far, crash, steps]): Step[] => [
    ...usually(far),
    ...(far === USUAL.length ? [{ step: 'complete', browser: 0, crash } as const] : []),
    ...steps,
  ]);

test('whatever people do and wherever the server crashes, an invitation is accepted once and with everything, or not at all', async () => {
  await fc.assert(
    fc.asyncProperty(
      aRun,
      fc.constantFrom(...FLOW_WAYS),
      fc.boolean(),
      async (steps, way, withPhone) => {
        const real = await begin(way, withPhone ? { required: ['sms'] } : null);
        for (const step of steps) {
          await crashAt(step.crash);
          await carryOut(real, step);
          await crashAt(null);
          await holds(real);
        }
      },
    ),
    { numRuns: 25, endOnFailure: true },
  );
});
