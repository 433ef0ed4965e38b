import { sql } from 'kysely';
import { expect } from 'vitest';
import type { Db } from '../../src/platform/db/db.ts';
import { type EmailPolicy, findInvitation } from '../../src/records/invitations/invitations.ts';
import type { User } from '../../src/records/users/users.ts';

/** Who was invited: an address, an account made for the invitation, or an account that somebody uses with this. */
export const INVITED = ['address', 'made', 'withPassword', 'withPasskey', 'withIdentity'] as const;

export type Told = {
  invited: (typeof INVITED)[number];
  policy: EmailPolicy;
  /** Whether the address has an account in the connection for codes already. */
  codeIsKnown: boolean;
  toOrganization: boolean;
};

/** An invitation, and what was done with it so far. */
export type Real = Told & {
  id: string;
  email: string;
  run: string;
  roleId: string;
  organizationId: string | null;
  invitedUser: User | null;
  colleague: User;
  stranger: User;
  before: Awaited<ReturnType<typeof stateOfRun>>;
  /** How often somebody was told that the invitation is accepted now. */
  accepted: number;
  ended: string | null;
};

/** Returns the accounts of a run's people, their credentials and who has what the invitation carries. */
export async function stateOfRun(db: Db, run: string) {
  type Account = { id: string; email: string | null; linked_to: string | null; store: string };
  const { rows: accounts } = await sql<Account>`
    select u.id, u.email, u.linked_to, c.strategy as store from users u join connections c on c.id = u.connection_id
    where u.email like ${`%${run}.test`} or u.id like ${`%-${run}`} order by u.id`.execute(db);
  const ids = accounts.map(({ id }) => id);
  const { rows: credentials } = await sql<{ user_id: string; what: string }>`
    select user_id, phc as what from passwords where user_id = any(${ids})
    union all select user_id, id from authentication_methods where user_id = any(${ids}) order by 1, 2`.execute(
    db,
  );
  const { rows: has } = await sql<{ user_id: string; what: string }>`
    select user_id, 'permission' as what from user_permissions where user_id = any(${ids})
    union all select user_id, 'role' from user_roles where user_id = any(${ids})
    union all select user_id, 'membership' from organization_members where user_id = any(${ids})
    union all select user_id, 'role in it' from organization_member_roles where user_id = any(${ids})
    union all select user_id, 'claim' from accepting_logins where user_id = any(${ids})
    union all select id, 'app_metadata' from users where id = any(${ids}) and app_metadata->>'run' is not null
    union all select id, 'user_metadata' from users where id = any(${ids}) and user_metadata->>'run' is not null
    order by 1, 2`.execute(db);
  const { rows: verified } = await sql<{ id: string }>`
    select id from users where id = any(${ids}) and email_verified order by id`.execute(db);
  return { accounts, credentials, has, verified };
}

/** Checks what must hold at every moment. */
export async function holds(db: Db, real: Real): Promise<void> {
  const invitation = await findInvitation(db, real.id);
  const state = invitation?.state;
  const now = await stateOfRun(db, real.run);
  expect(real.accepted, 'acceptances').toBeLessThanOrEqual(1);
  if (real.accepted === 1) expect(state, 'an answered acceptance lasts').toBe('accepted');
  if (real.ended !== null) expect(state, 'an end is final').toBe(real.ended);
  if (state !== 'pending') real.ended = state ?? null;
  // Without an acceptance there is no account, credential or grant that was not there before.
  if (state !== 'accepted') return expect(now).toEqual(real.before);
  const { acceptedUserId, acceptedBy: by } = invitation ?? {};
  const personId = acceptedUserId ?? '';
  expect(now.has).toEqual(grantsIn(real).map((what) => ({ user_id: personId, what })));
  const knows = (list: object[], each: object) =>
    list.some((other) => JSON.stringify(other) === JSON.stringify(each));
  const isGone = real.invited === 'made' && personId !== real.invitedUser?.id;
  const remaining = real.before.accounts.filter(({ id }) => !isGone || id !== real.invitedUser?.id);
  // The others stay as they were. Only the account that was made for the invitation goes, if another accepts.
  expect(now.accounts.filter((account) => knows(real.before.accounts, account))).toEqual(remaining);
  const added = now.accounts.filter((account) => !knows(real.before.accounts, account));
  for (const { id, linked_to } of added)
    expect(linked_to ?? id, 'whose account was added').toBe(personId);
  const credentials = now.credentials.filter((each) => !knows(real.before.credentials, each));
  for (const { user_id } of credentials) expect(user_id, 'who got a credential').toBe(personId);
  expect(now.credentials.filter((each) => knows(real.before.credentials, each))).toEqual(
    real.before.credentials,
  );
  // One way was shown, and one is there: a password, a passkey, or an identity.
  const identities = added.filter(({ store }) => store !== 'auth0');
  const ways = credentials.length + identities.length;
  expect(ways, 'new ways to log in').toBeLessThanOrEqual(1);
  if (by === 'link' || by === 'passkey') expect(credentials, 'the new credential').toHaveLength(1);
  if (by === 'login') expect(ways, 'new ways to log in').toBe(0);
  if (real.invited.startsWith('with'))
    expect(credentials, 'credentials added to an account in use').toEqual([]);
}

function grantsIn({ organizationId }: Real): string[] {
  const always = ['app_metadata', 'claim', 'permission', 'role', 'user_metadata'];
  return (organizationId === null ? always : [...always, 'membership', 'role in it']).sort();
}
