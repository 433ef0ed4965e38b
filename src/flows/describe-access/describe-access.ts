import type { Clock } from '../../platform/clock/clock.ts';
import type { Db } from '../../platform/db/db.ts';
import { type AccessModel, describeAccess } from '../../records/oidc-payloads/oidc-payloads.ts';

/** Replaces the metadata of a session or a refresh token. null removes it. */
export async function changeAccessMetadata(
  { db, clock }: { db: Db; clock: Clock },
  input: { model: AccessModel; id: string; metadata: Record<string, unknown> | null },
): Promise<{ kind: 'changed' | 'missing' }> {
  const isThere = await describeAccess(db, { ...input, now: clock.now() });
  return { kind: isThere ? 'changed' : 'missing' };
}
