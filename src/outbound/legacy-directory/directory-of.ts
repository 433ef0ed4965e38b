import type { Directory } from './directory.ts';
import { httpDirectory } from './http/http.ts';
import { ldapDirectory } from './ldap/ldap.ts';
import type { DirectoryDeps, LegacyStore } from './legacy-store.ts';
import { scriptDirectory } from './script-directory.ts';
import { sqlDirectory } from './sql/sql.ts';

/** Returns the legacy user database that a connection names. `null`: it names none. */
export function directoryOf(deps: DirectoryDeps, store: LegacyStore): Directory | null {
  const { directory, notStored } = store;
  switch (directory?.type) {
    case 'http':
      return httpDirectory(deps, directory, notStored);
    case 'sql':
      return sqlDirectory(deps, directory, notStored);
    case 'ldap':
      return ldapDirectory(deps, directory, notStored);
    default:
      return Object.keys(store.scripts).length === 0 ? null : scriptDirectory(deps, store);
  }
}
