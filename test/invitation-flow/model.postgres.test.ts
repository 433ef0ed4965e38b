import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { methodsOfUser } from '../../src/records/authentication-methods/authentication-methods.ts';
import { findInvitation } from '../../src/records/invitations/invitations.ts';
import { findPassword } from '../../src/records/passwords/passwords.ts';
import { findUser } from '../../src/records/users/users.ts';
import { planCrashes } from '../harness/planned-crash.ts';
import { aVisitor } from '../harness/visitor.ts';
import { made, openWorld, type World } from '../harness/world.ts';
import {
  aFlowScene,
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
  'invitation_flows invitations users passwords authentication_methods arrivals user_roles messages'.split(
    ' ',
  );

let world: World;
let crashAt: Awaited<ReturnType<typeof planCrashes>>;
let scene: Awaited<ReturnType<typeof aFlowScene>>;
let roleId: string;

beforeAll(async () => {
  world = await openWorld();
  scene = await aFlowScene(world);
  await enableFactors(world);
  roleId = (await made(world.server, '/roles', { name: 'Guest' })).id;
  crashAt = await planCrashes(world, WRITTEN);
});

/** What was done with one invitation so far. */
type Real = {
  invited: Awaited<ReturnType<typeof scene.invite>>;
  browsers: [FlowPage, FlowPage];
  number: string;
  /** How often somebody was told that the invitation is accepted now. */
  accepted: number;
  revoked: boolean;
  /** Phones that the latest acceptance gives, if it happens. */
  phones: number;
};

async function begin(factors: { required: 'sms'[] } | null): Promise<Real> {
  const invited = await scene.invite({
    profileSchema: NAMES,
    appMetadata: { plan: 'team' },
    roles: [roleId],
    ...(factors && { factors }),
  });
  return {
    invited,
    browsers: [scene.page(), scene.page()],
    number: aNumber(),
    accepted: 0,
    revoked: false,
    phones: 0,
  };
}

const STEPS = [
  'start',
  'takeOver',
  'profile',
  'password',
  'phone',
  'wrongCode',
  'rightCode',
  'complete',
  'hostedPage',
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
    case 'password':
      await page.send('password', { password: GOOD });
      return;
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
      const fields = Object.entries(FIELDS).map(([name, value]) => [`field-${name}`, value]);
      const typed = { ...Object.fromEntries(fields), password: GOOD };
      real.phones = 0;
      if ((await visitor.submit(shown, typed)).status === 303) real.accepted += 1;
      return;
    }
    case 'revoke':
      await world.server.api('DELETE', `/api/v2/invitations/${invited.id}`);
  }
}

async function holds(real: Real): Promise<void> {
  const { id, user } = real.invited;
  const [invitation, now, password, { methods }, roles] = await Promise.all([
    findInvitation(world.db, id),
    findUser(world.db, user.id),
    findPassword(world.db, user.id),
    methodsOfUser(world.db, user.id),
    world.server.api<object[]>('GET', `/api/v2/users/${encodeURIComponent(user.id)}/roles`),
  ]);
  const isAccepted = invitation?.state === 'accepted';
  expect(real.accepted, 'acceptances').toBeLessThanOrEqual(1);
  if (real.accepted === 1) expect(isAccepted, 'an answered acceptance lasts').toBe(true);
  if (real.revoked) expect(invitation?.state).toBe('revoked');
  real.revoked = invitation?.state === 'revoked';
  // Either everything is given, or nothing.
  expect({
    roles: roles.body.length,
    metadata: now?.appMetadata,
    password: password !== null,
    names: [now?.givenName, now?.familyName],
    fields: now?.userMetadata,
    isVerified: now?.emailVerified,
    factors: methods.map(({ kind }) => kind),
  }).toEqual(isAccepted ? everything(real) : NOTHING);
}

const NOTHING = {
  roles: 0,
  metadata: null,
  password: false,
  names: [null, null],
  fields: null,
  isVerified: false,
  factors: [],
};

function everything({ phones }: Real): object {
  return {
    roles: 1,
    metadata: { plan: 'team' },
    password: true,
    names: ['Ada', 'Byron'],
    fields: { department: 'sales' },
    isVerified: true,
    factors: Array(phones).fill('phone'),
  };
}

const aStep: fc.Arbitrary<Step> = fc.record({
  step: fc.constantFrom(
    ...STEPS,
    'profile',
    'password',
    'phone',
    'rightCode',
    'complete',
    'complete',
  ),
  browser: fc.constantFrom(0, 0, 0, 1),
  crash: fc.option(fc.integer({ min: 1, max: 12 }), { nil: null, freq: 2 }),
});

const USUAL = ['start', 'profile', 'password', 'phone', 'rightCode'] as const;
const usually = (far: number) =>
  USUAL.slice(0, far).map((step): Step => ({ step, browser: 0, crash: null }));

test('wherever the server crashes during the completion, it gives nothing, and the next completion gives everything', async () => {
  const real = await begin({ required: ['sms'] });
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
  // The account, its password, its role, the fields, the factor, the flow, the invitation and the login.
  expect(crash).toBeGreaterThan(8);
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
    fc.asyncProperty(aRun, fc.boolean(), async (steps, withPhone) => {
      const real = await begin(withPhone ? { required: ['sms'] } : null);
      for (const step of steps) {
        await crashAt(step.crash);
        await carryOut(real, step);
        await crashAt(null);
        await holds(real);
      }
    }),
    { numRuns: 15, endOnFailure: true },
  );
});
