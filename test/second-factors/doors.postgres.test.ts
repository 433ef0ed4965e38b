import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { requireFactors } from '../../src/records/factor-settings/factor-settings.ts';
import type { Person } from '../harness/world.ts';
import { DOOR_NAMES, openRuledWorld, type RuledWorld } from './ruled-world.ts';

let world: RuledWorld;

beforeAll(async () => {
  world = await openRuledWorld();
});

beforeEach(() => world.reset());

/** Each reason: what makes it apply to a person. `only`: the doors that it concerns. */
const REASONS: Record<
  string,
  { arrange(person: Person): Promise<unknown>; only?: (door: string) => boolean; kind: string }
> = {
  'the policy for everybody': {
    kind: 'all-applications',
    arrange: () => world.set('PUT', '/guardian/policies', ['all-applications']),
  },
  'a role of the user': {
    kind: 'role',
    arrange: async (person) => {
      await world.set('POST', world.at(person, '/roles'), { roles: [world.role.id] });
      await world.rules({ roles: [world.role.id] });
    },
  },
  'the organization of the login': {
    kind: 'organization',
    arrange: () => world.rules({ organizations: [world.organization.id] }),
    only: (door) => door.includes('organization'),
  },
  'a role in the organization of the login': {
    kind: 'role',
    arrange: async (person) => {
      const path = `/organizations/${world.organization.id}/members/${encodeURIComponent(person.userId)}/roles`;
      await world.set('POST', path, { roles: [world.role.id] });
      await world.rules({ roles: [world.role.id] });
    },
    only: (door) => door.includes('organization'),
  },
  'the application': {
    kind: 'application',
    arrange: () => world.rules({ clients: [world.client.id] }),
  },
  'a new device': {
    kind: 'new-device',
    arrange: () => world.rules({ risk: { new_device: true } }),
  },
  'an adaptive policy': {
    kind: 'new-device',
    arrange: () => world.set('PUT', '/guardian/policies', ['confidence-score']),
  },
  'an invitation': {
    kind: 'invitation',
    arrange: ({ userId }) =>
      requireFactors(world.db, { userIds: [userId], factors: ['otp'], now: world.clock.now() }),
  },
};

describe.each(DOOR_NAMES)('at %s', (door) => {
  const enters = (person: Person) => world.DOORS[door](person);

  test('nobody is asked without a reason', async () => {
    await world.rules({ roles: [world.role.id], clients: [(await world.registerClient()).id] });
    expect(await enters(await world.personFor(door))).toBe('in');
  });

  test.each(Object.keys(REASONS))('%s asks exactly those whom it concerns', async (name) => {
    const { arrange, only, kind } = REASONS[name] as (typeof REASONS)[string];
    const person = await world.personFor(door);
    await arrange(person);
    const expected = only === undefined || only(door) ? 'asked' : 'in';
    expect(await enters(person)).toBe(expected);
    if (expected === 'in') return;
    const q = new URLSearchParams({ q: `type:mfar AND user_id:"${person.userId}"` });
    const [noted] = await world.logs(`${q}`);
    expect(noted?.details).toMatchObject({ reasons: [{ kind }] });
  });
});
