import { transaction } from '../../platform/db/db.ts';
import { changeHookSecrets, lockHook } from '../../records/hooks/hooks.ts';
import type { ManageHooksDeps } from './manage-hooks-deps.ts';

/** Auth0's limit. */
export const MOST_SECRETS = 20;

/**
 * Adds, replaces or deletes secrets of a hook.
 * @param input.change `add`: none of the names exists yet. `replace`: all of them exist. `remove`: one that does not exist changes nothing.
 * @returns `taken` or `no_secret` with the names that do not fit
 */
export function changeSecrets(
  { db, keys }: ManageHooksDeps,
  input: {
    id: string;
    change:
      | { kind: 'add' | 'replace'; secrets: Record<string, string> }
      | { kind: 'remove'; names: string[] };
  },
): Promise<
  { kind: 'changed' | 'missing' | 'too_many' } | { kind: 'taken' | 'no_secret'; names: string[] }
> {
  const { id, change } = input;
  return transaction(db, async (tx) => {
    const found = await lockHook(tx, id);
    if (found === null) return { kind: 'missing' as const };
    const key = keys.encryption;
    if (change.kind === 'remove') {
      await changeHookSecrets(tx, { id, put: {}, remove: change.names, key });
      return { kind: 'changed' as const };
    }
    const known = new Set(found.secretNames);
    const names = Object.keys(change.secrets);
    const misfits = names.filter((name) => known.has(name) === (change.kind === 'add'));
    if (misfits.length > 0) {
      return {
        kind: change.kind === 'add' ? ('taken' as const) : ('no_secret' as const),
        names: misfits,
      };
    }
    if (change.kind === 'add' && known.size + names.length > MOST_SECRETS) {
      return { kind: 'too_many' as const };
    }
    await changeHookSecrets(tx, { id, put: change.secrets, remove: [], key });
    return { kind: 'changed' as const };
  });
}
