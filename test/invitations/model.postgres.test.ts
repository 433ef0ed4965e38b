import fc from 'fast-check';
import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import {
  acceptInvitation,
  declineInvitation,
  type Proof,
} from '../../src/flows/accept-invitation/accept-invitation.ts';
import { acceptPromisedInvitations } from '../../src/flows/log-in/log-in.ts';
import { hashPassword } from '../../src/platform/password-hash/password-hash.ts';
import type { Client } from '../../src/records/clients/clients.ts';
import type { Connection } from '../../src/records/connections/connections.ts';
import { findInvitation, invitationSecret } from '../../src/records/invitations/invitations.ts';
import { insertUser, type User } from '../../src/records/users/users.ts';
import { atOnce } from '../harness/factories.ts';
import { planCrashes } from '../harness/planned-crash.ts';
import { aProvidedPerson } from '../harness/providers/provided-person.ts';
import { aConnectionToGoogle } from '../harness/providers/provider-world.ts';
import { made, openWorld, type World } from '../harness/world.ts';

/** Tables that an acceptance writes. */
const WRITTEN =
  'invitations users passwords arrivals user_roles messages accepting_logins provided_identities'.split(
    ' ',
  );
const tokenKey = Buffer.alloc(32, 7);

let world: World;
let crashAt: Awaited<ReturnType<typeof planCrashes>>;
let connection: Connection;
let google: Connection;
let client: Client;
let chosen: { phc: string; historySize: number };
let counter = 0;

beforeAll(async () => {
  world = await openWorld();
  connection = await world.aConnection();
  client = await world.aClient(connection);
  google = await aConnectionToGoogle(world, client.id);
  chosen = { phc: await hashPassword('Tulip-Canal-77'), historySize: 0 };
  crashAt = await planCrashes(world, WRITTEN);
});

type Real = {
  id: string;
  email: string;
  roleId: string;
  /** The account that was made up front, if any. */
  invited: User | null;
  /** Accounts of other people, one of which the policy takes. */
  others: User[];
  identity: Proof;
  subject: string;
  /** How often somebody was told that the invitation is accepted now. */
  accepted: number;
  ended: string | null;
};

const STEPS = [
  'password',
  'identity',
  'samePerson',
  'otherPerson',
  'promised',
  'decline',
  'revoke',
  'resend',
] as const;
type Step = (typeof STEPS)[number];

async function aUser(email: string, emailVerified: boolean): Promise<User> {
  const now = world.clock.now();
  const added = await insertUser(world.db, {
    connectionId: connection.id,
    email,
    emailVerified,
    now,
  });
  if (added.kind !== 'inserted') throw new Error('The user exists.');
  return added.user;
}

async function begin(onAccept: boolean, emailPolicy: 'same' | 'same_domain'): Promise<Real> {
  const run = ++counter;
  const email = `person-${run}@run${run}.test`;
  const roleId = (await made(world.server, '/roles', { name: `role-${run}` })).id;
  const invited = onAccept ? null : await aUser(email, false);
  const others = [
    await aUser(`colleague-${run}@run${run}.test`, true),
    await aUser(`stranger-${run}@elsewhere.test`, true),
  ];
  const plan = {
    roles: [roleId],
    data: { run },
    emailPolicy,
  };
  const whom = invited ?? { email, connectionId: connection.id };
  const { id } = await world.anInvitation(whom, { clientId: client.id, plan, madeUser: !onAccept });
  const subject = `g-${run}`;
  const identity = aProvidedPerson({ subject, email });
  return {
    id,
    email,
    roleId,
    invited,
    others,
    subject,
    identity: { kind: 'identity', connection: google, identity, tokenKey },
    accepted: 0,
    ended: null,
  };
}

const secretOf = (real: Real) =>
  invitationSecret(world.keys.ticket, { id: real.id, generation: 0 });

async function accept(real: Real, proof: Proof): Promise<void> {
  const { deps } = world.server.app;
  const outcome = await acceptInvitation(deps, { secret: secretOf(real), proof });
  if (outcome.kind === 'done') real.accepted += 1;
}

async function usersWithAddress(real: Real): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from users where email = ${real.email} and linked_to is null order by id`.execute(
    world.db,
  );
  return rows.map(({ id }) => id);
}

async function carryOut(real: Real, step: Step): Promise<void> {
  const { deps } = world.server.app;
  const path = `/api/v2/invitations/${real.id}`;
  const [known = 'auth0|nobody'] = await usersWithAddress(real);
  switch (step) {
    case 'password':
      return accept(real, { kind: 'password', password: chosen });
    case 'identity':
      return accept(real, real.identity);
    case 'samePerson':
      return accept(real, { kind: 'account', userId: known, hasLoggedIn: true });
    case 'otherPerson':
      for (const { id: userId } of real.others) {
        await accept(real, { kind: 'account', userId, hasLoggedIn: true });
      }
      return;
    case 'promised':
      await acceptPromisedInvitations(deps, {
        userId: known,
        clientId: client.id,
        session: `session-${counter}`,
      });
      return;
    case 'decline':
      await declineInvitation(deps, { secret: secretOf(real) });
      return;
    case 'revoke':
      await world.server.api('DELETE', path);
      return;
    case 'resend':
      await world.server.api('POST', `${path}/resend`);
  }
}

async function holds(real: Real): Promise<void> {
  const invitation = await findInvitation(world.db, real.id);
  const state = invitation?.state;
  const { rows: holders } = await sql<{ user_id: string }>`
    select user_id from user_roles where role_id = ${real.roleId}`.execute(world.db);
  expect(real.accepted, 'acceptances').toBeLessThanOrEqual(1);
  if (real.accepted === 1) expect(state, 'an answered acceptance lasts').toBe('accepted');
  if (real.ended !== null) expect(state, 'an end is final').toBe(real.ended);
  if (state !== 'pending') real.ended = state ?? null;
  // A grant without an acceptance, or an acceptance without its grant.
  const whom = state === 'accepted' ? [invitation?.acceptedUserId] : [];
  expect(holders.map((holder) => holder.user_id)).toEqual(whom);
  // An account or a credential without its grant.
  if (state === 'accepted') return;
  expect(await usersWithAddress(real)).toEqual(real.invited ? [real.invited.id] : []);
  const { rows: credentials } = await sql`
    select 1 from passwords where user_id = ${real.invited?.id ?? ''}
    union all select 1 from users where id = ${`google-oauth2|${real.subject}`}`.execute(world.db);
  expect(credentials).toEqual([]);
}

const batch = fc.record({
  steps: fc.array(fc.constantFrom(...STEPS), { minLength: 1, maxLength: 3 }),
  crash: fc.option(fc.integer({ min: 1, max: 12 }), { nil: null, freq: 2 }),
});

test('whatever happens to an invitation, at once and with crashes, it is accepted once with everything, or not at all', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.boolean(),
      fc.constantFrom('same' as const, 'same_domain' as const),
      fc.array(batch, { minLength: 1, maxLength: 4 }),
      async (onAccept, policy, batches) => {
        const real = await begin(onAccept, policy);
        for (const { steps, crash } of batches) {
          await crashAt(crash);
          // A crash is a refused write. The request fails, and that is right.
          await Promise.allSettled(steps.map((step) => carryOut(real, step)));
          await crashAt(null);
          await holds(real);
        }
      },
    ),
    { numRuns: 40, endOnFailure: true },
  );
}, 120_000);

test('of sixteen acceptances by password, identity and account at once, one is done', async () => {
  for (const onAccept of [false, true]) {
    const real = await begin(onAccept, 'same_domain');
    await atOnce(16, (i) =>
      carryOut(real, (['password', 'identity', 'otherPerson'] as const)[i % 3] ?? 'password'),
    );
    expect(real.accepted).toBe(1);
    await holds(real);
  }
});

test('of sixteen acceptances, refusals, revocations and repeats at once, one ends the invitation', async () => {
  for (let round = 0; round < 4; round++) {
    const real = await begin(round % 2 === 0, 'same');
    const mixed = ['password', 'decline', 'revoke', 'resend'] as const;
    await atOnce(16, (i) => carryOut(real, mixed[(i + round) % 4] ?? 'password'));
    await holds(real);
    expect(real.ended).not.toBeNull();
  }
});
