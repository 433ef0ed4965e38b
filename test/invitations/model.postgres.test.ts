import fc from 'fast-check';
import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import {
  acceptInvitationHandlers,
  declineInvitation,
  requestNewLink,
} from '../../src/flows/accept-invitation/accept-invitation.ts';
import { acceptPromisedInvitations } from '../../src/flows/log-in/log-in.ts';
import { sha256 } from '../../src/platform/crypto/crypto.ts';
import { findInvitation } from '../../src/records/invitations/invitations.ts';
import { atOnce } from '../harness/factories.ts';
import { planCrashes } from '../harness/planned-crash.ts';
import { openWorld, type World } from '../harness/world.ts';
import { INVITED, type Real, type Told } from './accepted-once.ts';
import { aSceneOfInvited, type Scene, WAYS, WRITTEN } from './invited.ts';

let world: World;
let crashAt: Awaited<ReturnType<typeof planCrashes>>;
let scene: Scene;

beforeAll(async () => {
  world = await openWorld({ role: 'web' });
  scene = await aSceneOfInvited(world);
  crashAt = await planCrashes(world, WRITTEN);
});

const STEPS = [
  ...WAYS,
  'formerLink',
  'login',
  'decline',
  'revoke',
  'resend',
  'expire',
  'renew',
] as const;
type Step = (typeof STEPS)[number];

async function carryOut(real: Real, step: Step): Promise<unknown> {
  const { deps } = world.server.app;
  const path = `/api/v2/invitations/${real.id}`;
  const { generation = 0 } = (await findInvitation(world.db, real.id)) ?? {};
  const secret = scene.secretOf(real, generation);
  switch (step) {
    case 'formerLink':
      if (generation > 0)
        expect(await scene.accept(real, 'password', generation - 1)).toBe('unknown');
      return;
    case 'login': {
      // The invited person, or a person who has the address in the connection for codes.
      const { rows } = await sql<{ id: string }>`
        select id from users where email = ${real.email} and linked_to is null order by id`.execute(
        world.db,
      );
      for (const { id: userId } of rows) {
        const login = { userId, clientId: scene.client.id, session: `session of ${userId}` };
        if (await acceptPromisedInvitations(deps, login)) real.accepted += 1;
      }
      return;
    }
    case 'decline':
      return declineInvitation(deps, { secret });
    case 'revoke':
      return world.server.api('DELETE', path);
    case 'resend':
      return world.server.api('POST', `${path}/resend`);
    case 'expire':
      return sql`update invitations set expires_at = ${world.clock.now()} where id = ${real.id} and state = 'pending'`.execute(
        world.db,
      );
    case 'renew': {
      await requestNewLink(deps, { secret, ip: '203.0.113.9' });
      const [renewal] = acceptInvitationHandlers(deps);
      const data = { secretHash: sha256(secret).toString('hex') };
      return renewal?.handler(data, new AbortController().signal);
    }
    default:
      return scene.accept(real, step, generation);
  }
}

/** A crash is a refused write. The request fails, and that is right. */
function expectCrash(reason: unknown): void {
  expect(String(reason)).toContain('The server crashes here.');
}

const anInvitation: fc.Arbitrary<Told> = fc.record({
  invited: fc.constantFrom(...INVITED),
  policy: fc.constantFrom('same' as const, 'same_domain' as const, 'any_verified' as const),
  codeIsKnown: fc.boolean(),
  toOrganization: fc.boolean(),
});

const batch = fc.record({
  steps: fc.array(fc.constantFrom(...STEPS), { minLength: 1, maxLength: 3 }),
  crash: fc.option(fc.integer({ min: 1, max: 20 }), { nil: null, freq: 2 }),
});

test('whatever happens to an invitation, at once and with crashes, it is accepted once with everything, or not at all', async () => {
  await fc.assert(
    fc.asyncProperty(
      anInvitation,
      fc.array(batch, { minLength: 1, maxLength: 4 }),
      async (told, batches) => {
        const real = await scene.begin(told);
        for (const { steps, crash } of batches) {
          await crashAt(crash);
          const ends = await Promise.allSettled(steps.map((step) => carryOut(real, step)));
          await crashAt(null);
          for (const end of ends) if (end.status === 'rejected') expectCrash(end.reason);
          await scene.holds(real);
        }
      },
    ),
    { numRuns: 60, endOnFailure: true },
  );
}, 120_000);

test.each(
  WAYS.filter((way) => way !== 'stranger'),
)('wherever the server crashes during an acceptance by %s, it gives nothing, and the next one gives everything', async (way) => {
  const told = { policy: 'same_domain', codeIsKnown: false, toOrganization: true } as const;
  const real = await scene.begin({ ...told, invited: 'made' });
  let crash = 0;
  while (real.accepted === 0 && crash < 40) {
    crash += 1;
    await crashAt(crash);
    await carryOut(real, way).catch(expectCrash);
    await crashAt(null);
    await scene.holds(real);
  }
  expect(real.accepted).toBe(1);
  // The invitation, a role, a permission, membership and a role in it, metadata, the mail, the login and its claim.
  expect(crash).toBeGreaterThan(9);
});

test('of sixteen acceptances, refusals, revocations and repeats at once, one ends the invitation', async () => {
  for (let round = 0; round < 4; round++) {
    const told = { policy: 'same', codeIsKnown: false, toOrganization: false } as const;
    const real = await scene.begin({ ...told, invited: round % 2 === 0 ? 'address' : 'made' });
    const mixed = ['password', 'decline', 'revoke', 'resend'] as const;
    await atOnce(16, (i) => carryOut(real, mixed[(i + round) % 4] ?? 'password'));
    await scene.holds(real);
    expect(real.ended).not.toBeNull();
  }
});
