import type { Clock } from '../../platform/clock/clock.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import { newObjectId } from '../../platform/ids/ids.ts';
import { deleteGrantsFor } from '../../records/client-grants/client-grants.ts';
import {
  deleteResourceServer,
  findResourceServer,
  insertResourceServer,
  type ResourceServer,
  type ResourceServerSettings,
  type Scope,
  updateResourceServer,
} from '../../records/resource-servers/resource-servers.ts';
import { forgetPermissions } from '../../records/roles/roles.ts';
import { forgetTenantReference } from '../../records/settings/settings.ts';

export { changeClientGrant, createClientGrant, endClientGrant } from './client-grants.ts';

export type ManageApisDeps = { db: Db; clock: Clock };

/** Access tokens for browsers must not live longer than others. */
type LifetimesDoNotFit = { kind: 'lifetimes_do_not_fit' };

const DEFAULT_LIFETIME_SECONDS = 86_400;
const DEFAULT_LIFETIME_FOR_WEB_SECONDS = 7200;

/** Registers an API. `duplicate`: the identifier is taken; `reserved`: this server uses it. */
export async function createApi(
  { db, clock, publicUrl }: ManageApisDeps & { publicUrl: string },
  input: {
    identifier: string;
    name: string | null;
    scopes: Scope[];
    settings: ResourceServerSettings;
  },
): Promise<
  { kind: 'created'; api: ResourceServer } | { kind: 'duplicate' | 'reserved' } | LifetimesDoNotFit
> {
  const { identifier, name } = input;
  if ([`${publicUrl}/userinfo`, `${publicUrl}/api/v2`].includes(identifier)) {
    return { kind: 'reserved' };
  }
  const now = clock.now();
  const lifetime = input.settings.tokenLifetime ?? DEFAULT_LIFETIME_SECONDS;
  const settings = {
    signingAlg: 'RS256',
    tokenLifetime: lifetime,
    tokenLifetimeForWeb: Math.min(lifetime, DEFAULT_LIFETIME_FOR_WEB_SECONDS),
    allowOfflineAccess: false,
    ...input.settings,
  };
  if (!lifetimesFit(settings)) return { kind: 'lifetimes_do_not_fit' };
  const api: ResourceServer = {
    id: newObjectId(now),
    identifier,
    name,
    scopes: uniqueScopes(input.scopes),
    settings,
    isSystem: false,
    createdAt: now,
    updatedAt: now,
  };
  const outcome = await insertResourceServer(db, api);
  return outcome.kind === 'duplicate' ? { kind: 'duplicate' } : { kind: 'created', api };
}

/**
 * Changes an API. A removed scope is also removed from roles and users.
 * @param api the API from which the changes were made
 * @param changes.settings only the changed ones
 */
export async function changeApi(
  { db, clock }: ManageApisDeps,
  api: ResourceServer,
  changes: { name?: string; scopes?: Scope[]; settings: ResourceServerSettings },
): Promise<
  { kind: 'changed'; api: ResourceServer } | { kind: 'missing' | 'system' } | LifetimesDoNotFit
> {
  if (api.isSystem) return { kind: 'system' };
  const settings = shortenedForWeb(api.settings, changes.settings);
  if (!lifetimesFit({ ...api.settings, ...settings })) return { kind: 'lifetimes_do_not_fit' };
  const scopes = changes.scopes && uniqueScopes(changes.scopes);
  const written = { ...changes, ...(scopes !== undefined && { scopes }), settings };
  return transaction(db, async (tx) => {
    const after = await updateResourceServer(tx, api.id, written, clock.now());
    if (after === null) return { kind: 'missing' };
    if (scopes !== undefined) {
      const kept = scopes.map((scope) => scope.value);
      await forgetPermissions(tx, { resourceServerId: api.id, kept });
    }
    return { kind: 'changed', api: after };
  });
}

/**
 * Deletes an API with everything that refers to it: grants, permissions, and its setting as the default API.
 * @param key its id or identifier
 * @returns `system` for the server's own API, which cannot be deleted
 */
export async function removeApi(
  { db, clock }: ManageApisDeps,
  key: string,
): Promise<{ kind: 'removed' | 'missing' | 'system' }> {
  const api = await findResourceServer(db, key);
  if (api === null) return { kind: 'missing' };
  if (api.isSystem) return { kind: 'system' };
  await transaction(db, async (tx) => {
    await deleteResourceServer(tx, api.id);
    await deleteGrantsFor(tx, api.identifier);
    await forgetTenantReference(tx, 'defaultAudience', api.identifier, clock.now());
  });
  return { kind: 'removed' };
}

/** Removes duplicate scopes. The last description counts. */
function uniqueScopes(scopes: Scope[]): Scope[] {
  return [...new Map(scopes.map((scope) => [scope.value, scope])).values()];
}

/** Lowering only the lifetime also lowers the lifetime for browsers. */
function shortenedForWeb(
  before: ResourceServerSettings,
  changes: ResourceServerSettings,
): ResourceServerSettings {
  const { tokenLifetime, tokenLifetimeForWeb } = changes;
  if (tokenLifetime === undefined || tokenLifetimeForWeb !== undefined) return changes;
  const forWeb = Math.min(before.tokenLifetimeForWeb ?? tokenLifetime, tokenLifetime);
  return { ...changes, tokenLifetimeForWeb: forWeb };
}

function lifetimesFit({ tokenLifetime, tokenLifetimeForWeb }: ResourceServerSettings): boolean {
  return (tokenLifetimeForWeb ?? 0) <= (tokenLifetime ?? Number.POSITIVE_INFINITY);
}
