import type { ScriptRunner } from '../scripts/scripts.ts';
import type { Directory } from './directory.ts';
import { type ScriptNote, scriptDirectory } from './script-directory.ts';

export type DirectoryDeps = {
  scripts: ScriptRunner;
  /** Gets what each script wrote to its console, and how it ended. */
  note: (note: ScriptNote) => void;
};

/** The legacy user store of a connection, as its options describe it. */
export type LegacyStore = {
  connection: { id: string; name: string };
  /** What scripts see as `user.tenant`. */
  tenant: string;
  /** Sources, by the names of `options.customScripts`. */
  scripts: Record<string, string>;
  /** What scripts see as `configuration`, in clear text. */
  configuration: Record<string, string>;
  /** Whether scripts get an argument with the organization. */
  hasContext: boolean;
  /** Attributes of profiles that are not stored, by their names on the wire. */
  notStored: string[];
};

/** Returns the legacy user store that a connection names. `null`: it names none. */
export function directoryOf(deps: DirectoryDeps, store: LegacyStore): Directory | null {
  return Object.keys(store.scripts).length === 0 ? null : scriptDirectory(deps, store);
}
