import type { Directory } from './directory.ts';
import type { DirectoryDeps, LegacyStore } from './legacy-store.ts';
import { scriptDirectory } from './script-directory.ts';

/** Returns the legacy user database that a connection names. `null`: it names none. */
export function directoryOf(deps: DirectoryDeps, store: LegacyStore): Directory | null {
  return Object.keys(store.scripts).length === 0 ? null : scriptDirectory(deps, store);
}
