import type { Clock } from '../../platform/clock/clock.ts';
import type { Egress } from '../../platform/egress/egress.ts';
import type { ScriptLine, ScriptOutcome, ScriptRunner } from '../scripts/scripts.ts';
import type { HttpSettings } from './http/http.ts';
import type { LdapSettings } from './ldap/ldap.ts';
import type { SqlSettings } from './sql/sql.ts';

/** What one call of a script left for its connection's log. */
export type ScriptNote = {
  connectionId: string;
  /** Name of the script in `options.customScripts`. */
  script: string;
  outcome: ScriptOutcome['kind'];
  /** What went wrong. Empty: nothing. */
  problem: string;
  lines: ScriptLine[];
  /** Milliseconds. */
  tookMs: number;
};

export type DirectoryDeps = {
  scripts: ScriptRunner;
  egress: Egress;
  clock: Clock;
  /** Gets what each script wrote to its console, and how it ended. */
  note: (note: ScriptNote) => void;
};

/** The legacy user database of a connection, as its options describe it. */
export type LegacyStore = {
  connection: { id: string; name: string };
  /** What scripts see as `user.tenant`. */
  tenant: string;
  /** Sources, by the names of `options.customScripts`. */
  scripts: Record<string, string>;
  /** A legacy user database that needs no scripts. */
  directory: HttpSettings | SqlSettings | LdapSettings | null;
  /** What scripts see as `configuration`, in clear text. */
  configuration: Record<string, string>;
  /** Whether scripts get an argument with the organization. */
  hasContext: boolean;
  /** Attributes of profiles that are not stored, by their names on the wire. */
  notStored: string[];
};
