import { sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';

type Metadata = Record<string, unknown> | null;

/** What one invitation gives. `null` or an empty object gives nothing. */
export type MetadataGrant = { userId: string; appMetadata: Metadata; userMetadata: Metadata };

/**
 * Merges metadata of invitations into those of their users, on the first level. A key with the value `null` is deleted. If a user gets
 * several, the later one counts.
 */
export async function grantMetadata(
  tx: Db,
  { grants, at }: { grants: MetadataGrant[]; at: Date },
): Promise<void> {
  const byUser = new Map<string, { app: object; own: object }>();
  for (const { userId, appMetadata, userMetadata } of grants) {
    const before = byUser.get(userId);
    const app = { ...before?.app, ...appMetadata };
    const own = { ...before?.own, ...userMetadata };
    byUser.set(userId, { app, own });
  }
  const changes = [...byUser].flatMap(([id, { app, own }]) => {
    const change = { id, ...changeOf('app', app), ...changeOf('own', own) };
    return Object.keys(change).length > 1 ? [change] : [];
  });
  if (changes.length === 0) return;
  await sql`
    update users set app_metadata = ${merged('app_metadata', 'app')}, user_metadata = ${merged('user_metadata', 'own')},
      updated_at = ${at}
    from jsonb_to_recordset(${JSON.stringify(changes)}::jsonb) as given(
      id text, app jsonb, app_gone text[], own jsonb, own_gone text[])
    where users.id = given.id`.execute(tx);
}

/** Returns the keys to set and the keys to delete, or nothing. */
function changeOf(name: 'app' | 'own', metadata: object): Record<string, unknown> {
  const entries = Object.entries(metadata);
  if (entries.length === 0) return {};
  const isGone = ([, value]: [string, unknown]) => value === null;
  return {
    [name]: Object.fromEntries(entries.filter((entry) => !isGone(entry))),
    [`${name}_gone`]: entries.filter(isGone).map(([key]) => key),
  };
}

function merged(column: 'app_metadata' | 'user_metadata', name: 'app' | 'own') {
  const before = sql.ref(`users.${column}`);
  const given = sql.ref(`given.${name}`);
  const gone = sql.ref(`given.${name}_gone`);
  return sql`case when ${given} is null then ${before}
    else nullif((coalesce(${before}, '{}'::jsonb) || ${given}) - ${gone}, '{}'::jsonb) end`;
}
