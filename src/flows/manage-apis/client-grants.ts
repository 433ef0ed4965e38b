import type { Clock } from '../../platform/clock/clock.ts';
import type { Db } from '../../platform/db/db.ts';
import { newId } from '../../platform/ids/ids.ts';
import {
  type ClientGrant,
  deleteGrant,
  findGrantById,
  type GrantSettings,
  insertGrant,
  updateGrant,
} from '../../records/client-grants/client-grants.ts';
import { findClient } from '../../records/clients/clients.ts';
import { findResourceServer } from '../../records/resource-servers/resource-servers.ts';

type Deps = { db: Db; clock: Clock };
type NotGranted =
  | { kind: 'no_api' }
  | { kind: 'unknown_scopes'; audience: string; scopes: string[] };

/** Lets an application call an API. */
export async function createClientGrant(
  { db, clock }: Deps,
  input: Pick<ClientGrant, 'clientId' | 'audience' | 'subjectType' | 'scope' | 'settings'>,
): Promise<
  { kind: 'created'; grant: ClientGrant } | { kind: 'no_client' | 'duplicate' } | NotGranted
> {
  if ((await findClient(db, input.clientId)) === null) return { kind: 'no_client' };
  const problem = await problemWith(db, input.audience, input.scope);
  if (problem !== null) return problem;
  const grant: ClientGrant = { ...input, id: newId('cgr'), createdAt: clock.now() };
  const outcome = await insertGrant(db, grant);
  return outcome.kind === 'duplicate' ? { kind: 'duplicate' } : { kind: 'created', grant };
}

/** Changes the scopes that an application may ask for. Tokens that were issued keep theirs. */
export async function changeClientGrant(
  { db }: { db: Db },
  id: string,
  changes: { scope?: string[]; settings: GrantSettings },
): Promise<{ kind: 'changed'; grant: ClientGrant } | { kind: 'missing' } | NotGranted> {
  const before = await findGrantById(db, id);
  if (before === null) return { kind: 'missing' };
  const { scope = [] } = changes;
  const problem = scope.length > 0 ? await problemWith(db, before.audience, scope) : null;
  if (problem !== null) return problem;
  const grant = await updateGrant(db, id, changes);
  return grant === null ? { kind: 'missing' } : { kind: 'changed', grant };
}

/** Removes an application's right to call an API. A repeat changes nothing. */
export async function endClientGrant({ db }: { db: Db }, id: string): Promise<void> {
  await deleteGrant(db, id);
}

/** Returns `null` if the API has all of these scopes. */
async function problemWith(db: Db, audience: string, wanted: string[]): Promise<NotGranted | null> {
  const api = await findResourceServer(db, audience);
  if (api === null || api.identifier !== audience) return { kind: 'no_api' };
  const known = new Set(api.scopes.map((scope) => scope.value));
  const scopes = wanted.filter((candidate) => !known.has(candidate));
  return scopes.length > 0 ? { kind: 'unknown_scopes', audience, scopes } : null;
}
