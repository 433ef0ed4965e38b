import type { Clock } from '../../platform/clock/clock.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import { ensureGrant, listGrants } from '../../records/client-grants/client-grants.ts';
import {
  defaultSettings,
  findClients,
  insertClient,
  keepSecret,
  newClientSecret,
  type SecretKeeper,
} from '../../records/clients/clients.ts';
import { findResourceServer } from '../../records/resource-servers/resource-servers.ts';

export type CredentialsDeps = SecretKeeper & {
  db: Db;
  clock: Clock;
  /** Without a trailing slash. */
  publicUrl: string;
};

export type Credentials = { clientId: string; clientSecret: string };

/** An application that may call the management API in its own name. */
export type Program = { clientId: string; name: string; scope: string[]; createdAt: Date };

type Reading = Pick<CredentialsDeps, 'db' | 'publicUrl'>;

const audienceOf = ({ publicUrl }: Pick<CredentialsDeps, 'publicUrl'>) => `${publicUrl}/api/v2/`;

/**
 * Returns every scope of the management API.
 * @throws Error before the server's first start has created that API
 */
export async function scopesOfApi(deps: Reading): Promise<string[]> {
  const api = await findResourceServer(deps.db, audienceOf(deps));
  if (api === null) throw new Error('This server has no management API yet.');
  return api.scopes.map((scope) => scope.value);
}

/**
 * Creates an application that may call the management API with these scopes, and nothing else. The result contains its secret.
 * @param input.clientId chosen by the caller, so that a form sent twice creates one application
 * @returns `unknown_scope` if the API has no such scope; `exists` if the id is taken
 */
export async function createCredentials(
  deps: CredentialsDeps,
  input: { clientId: string; name: string; scope: string[] },
): Promise<({ kind: 'created' } & Credentials) | { kind: 'exists' } | { kind: 'unknown_scope' }> {
  const { clientId, name } = input;
  const known = new Set(await scopesOfApi(deps));
  const scope = [...new Set(input.scope)];
  if (scope.some((candidate) => !known.has(candidate))) return { kind: 'unknown_scope' };
  const secret = newClientSecret();
  const now = deps.clock.now();
  const kind = await transaction(deps.db, async (tx) => {
    const inserted = await insertClient(tx, {
      id: clientId,
      name,
      ...keepSecret(deps, secret),
      settings: defaultSettings('non_interactive'),
      createdAt: now,
      updatedAt: now,
    });
    if (inserted.kind === 'duplicate') return 'exists';
    await ensureGrant(tx, { clientId, audience: audienceOf(deps), scope, now });
    return 'created';
  });
  return kind === 'created' ? { kind, clientId, clientSecret: secret } : { kind: 'exists' };
}

/**
 * Lists the applications that may call the management API in their own name, newest first.
 * @returns also the total number, if that is more than `limit`
 */
export async function listPrograms(
  deps: Reading,
  { limit }: { limit: number },
): Promise<{ programs: Program[]; total: number }> {
  const filter = { audience: audienceOf(deps), subjectType: 'client' as const };
  const { total } = await listGrants(deps.db, { ...filter, offset: 0, limit: 1 });
  // The record lists them oldest first.
  const offset = Math.max(0, total - limit);
  const { grants } = await listGrants(deps.db, { ...filter, offset, limit });
  const ids = grants.map((grant) => grant.clientId);
  const clients = new Map((await findClients(deps.db, ids)).map((client) => [client.id, client]));
  const programs = grants.flatMap(({ clientId, scope }): Program[] => {
    const client = clients.get(clientId);
    if (client?.settings.appType !== 'non_interactive') return [];
    return [{ clientId, name: client.name, scope, createdAt: client.createdAt }];
  });
  return { programs: programs.reverse(), total };
}
