import type { Clock } from '../../platform/clock/clock.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import { type Enqueue, handle, type Registration } from '../../platform/tasks/tasks.ts';
import {
  deletedClients,
  forgetDefaultOrganization,
  markClientDeleted,
  removeDeletedClient,
} from '../../records/clients/clients.ts';
import {
  connectionNames,
  deletedConnections,
  markConnectionDeleted,
  removeDeletedConnection,
} from '../../records/connections/connections.ts';
import { revokeInvitationsOfClient } from '../../records/invitations/invitations.ts';
import { endGrantsOfClient, endSessionsOfGone } from '../../records/oidc-payloads/oidc-payloads.ts';
import {
  beginDeletion,
  deletedOrganizations,
  removeDeletedOrganization,
  removeMembersBatch,
} from '../../records/organizations/organizations.ts';
import { forgetTenantReference } from '../../records/settings/settings.ts';
import { deleteUsersOfConnection, hasUsers } from '../../records/users/users.ts';
import { refuseProtected } from '../../steps/refuse-protected/refuse-protected.ts';
import { enqueueLost, lostBefore, runPieces } from '../../steps/run-segments/run-segments.ts';
import { type Removal, removeInBatchesTask } from './remove-in-batches.task.ts';

export type RemovalDeps = { db: Db; clock: Clock; enqueue: Enqueue };

const BATCH = 1000;

/**
 * Deletes a connection. When this returns, the connection is hidden and its name is free. Its users are removed in the background.
 * @returns the time of the deletion, or `null` if the connection does not exist
 */
export async function removeConnection(deps: RemovalDeps, id: string): Promise<Date | null> {
  refuseProtected({ connectionId: id });
  return transaction(deps.db, async (tx) => {
    const deletedAt = await markConnectionDeleted(tx, id, deps.clock.now());
    if (deletedAt === null) return null;
    const name = (await connectionNames(tx, [id])).get(id) ?? '';
    await forgetTenantReference(tx, 'defaultDirectory', name, deletedAt);
    await deps.enqueue(tx, removeInBatchesTask, { kind: 'connection', id });
    return deletedAt;
  });
}

/** Deletes an application. When this returns, nobody can use it. Returns `false` if the application does not exist. */
export async function removeClient(deps: RemovalDeps, id: string): Promise<boolean> {
  refuseProtected({ clientId: id });
  return transaction(deps.db, async (tx) => {
    const marked = await markClientDeleted(tx, id, deps.clock.now());
    if (marked) await deps.enqueue(tx, removeInBatchesTask, { kind: 'client', id });
    return marked;
  });
}

/**
 * Deletes an organization. When this returns, nobody can log in to it and no application gets tokens for it. Returns `false` if the
 * organization does not exist.
 */
export async function removeOrganization(deps: RemovalDeps, id: string): Promise<boolean> {
  return transaction(deps.db, async (tx) => {
    const now = deps.clock.now();
    if (!(await beginDeletion(tx, id, now))) return false;
    await forgetDefaultOrganization(tx, { organizationId: id, now });
    await deps.enqueue(tx, removeInBatchesTask, { kind: 'organization', id });
    return true;
  });
}

/** Returns the background work of this flow. */
export function removeInBatchesHandlers(deps: RemovalDeps): Registration[] {
  return [handle(removeInBatchesTask, (removal, signal) => remove(deps, removal, signal))];
}

/** Restarts removals whose task was lost. */
export async function sweepRemovals(deps: RemovalDeps): Promise<void> {
  const before = lostBefore(deps.clock);
  const found = {
    connection: await deletedConnections(deps.db, before, 100),
    client: await deletedClients(deps.db, before, 100),
    organization: await deletedOrganizations(deps.db, before, 100),
  };
  for (const kind of ['connection', 'client', 'organization'] as const) {
    const lost = found[kind].map((id) => ({ kind, id }));
    await enqueueLost(deps, removeInBatchesTask, lost);
  }
}

/** Removes in batches of one transaction each. After a crash a later run continues with what is left. Two nodes share the work. */
async function remove(deps: RemovalDeps, { kind, id }: Removal, signal: AbortSignal) {
  const removeBatch = async () => {
    const now = deps.clock.now();
    return (await transaction(deps.db, (tx) => BATCHES[kind](tx, id, now))) >= BATCH;
  };
  if (await runPieces(removeBatch, signal)) await LAST_STEP[kind](deps.db, id);
}

type Batch = (tx: Db, id: string, now: Date) => Promise<number>;

/** Each function removes up to a thousand rows that belong to the object and returns their number. */
const BATCHES: Record<Removal['kind'], Batch> = {
  async connection(tx, connectionId) {
    const batch = { connectionId, limit: BATCH };
    const { removed, linked } = await deleteUsersOfConnection(tx, batch);
    await endSessionsOfGone(tx, [...removed, ...linked]);
    return removed.length;
  },
  async client(tx, clientId, now) {
    const revoked = await revokeInvitationsOfClient(tx, { clientId, limit: BATCH, now });
    return revoked === BATCH ? revoked : endGrantsOfClient(tx, { clientId, limit: BATCH });
  },
  organization: (tx, organizationId) => removeMembersBatch(tx, { organizationId, limit: BATCH }),
};

/** If another node still holds the last batch, the row stays and a sweep comes back to it. */
const LAST_STEP: Record<Removal['kind'], (db: Db, id: string) => Promise<unknown>> = {
  async connection(db, id) {
    if (!(await hasUsers(db, id))) await removeDeletedConnection(db, id);
  },
  client: removeDeletedClient,
  organization: removeDeletedOrganization,
};
