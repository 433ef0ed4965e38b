import type { Directory, ScriptNote } from '../../outbound/legacy-directory/legacy-directory.ts';
import type { Clock } from '../../platform/clock/clock.ts';
import type { Keys } from '../../platform/crypto/crypto.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import {
  type Connection,
  customDatabaseOf,
  type DirectoryScript,
  lockConnection,
} from '../../records/connections/connections.ts';
import {
  deleteScriptCase,
  findScriptCase,
  listScriptCases,
  saveScriptCase,
} from '../../records/script-cases/script-cases.ts';
import { type OpenDirectoryDeps, openDirectory } from '../../steps/ask-directory/ask-directory.ts';
import { type Finding, finding, lintSources } from './lint-scripts.ts';
import { ask, CHANGING, findingsOf, type TrialAnswer, type TrialArgs } from './run-trial.ts';

export type { Finding, FindingCode } from './lint-scripts.ts';
export type { TrialAnswer, TrialArgs } from './run-trial.ts';

export type TryScriptsDeps = Omit<OpenDirectoryDeps, 'note'> & {
  db: Db;
  clock: Clock;
  keys: Pick<Keys, 'encryption'>;
};

export type Trial = {
  script: DirectoryScript;
  args: TrialArgs;
  /** A source to try instead of the stored one. */
  source?: string | undefined;
  /** Whether the script may change the legacy user database. */
  mayChange: boolean;
  /** Stores the question under this name, to be asked again. */
  saveAs?: string | undefined;
};

export type TrialOutcome =
  | {
      kind: 'tried';
      answer: TrialAnswer;
      lines: ScriptNote['lines'];
      findings: Finding[];
      /** Milliseconds until the first answer. */
      tookMs: number;
    }
  /** The connection has no legacy user database. */
  | { kind: 'no-store' }
  /** The script changes the legacy user database, and the caller has not allowed it. */
  | { kind: 'would-change' }
  | { kind: 'missing-case' }
  /** The connection has twenty cases already. */
  | { kind: 'full' };

/**
 * Asks the legacy user database of a connection, and answers what a login would get. It writes no user. A question that only reads is asked
 * once more, to find what differs between two answers.
 */
export async function tryScript(
  deps: TryScriptsDeps,
  connection: Connection,
  trial: Trial,
): Promise<TrialOutcome> {
  const { script, args, saveAs } = trial;
  if (CHANGING.has(script) && !trial.mayChange) return { kind: 'would-change' };
  const notes: ScriptNote[] = [];
  const tried = trial.source === undefined ? connection : withSource(connection, trial);
  const directory = openDirectory({ ...deps, note: (note) => notes.push(note) }, tried);
  if (directory === null) return { kind: 'no-store' };
  const about = { connection: connection.name, context: { organization: null } };
  const began = performance.now();
  const answer = await askSafely(directory, trial, about);
  const tookMs = performance.now() - began;
  const lines = notes.flatMap((note) => note.lines);
  const findings = await findingsOf(directory, script, args, { ...about, answer });
  if (saveAs !== undefined) {
    const profile = answer.kind === 'found' ? answer.profile : null;
    const saved = await transaction(deps.db, async (tx) => {
      // Of two cases at once, one is the twentieth.
      await lockConnection(tx, connection.id);
      const result = {
        outcome: answer.kind,
        userId: profile?.id ?? null,
        email: profile?.email ?? null,
        findings,
      };
      const about = {
        connectionId: connection.id,
        name: saveAs,
        script,
        triedAt: deps.clock.now(),
      };
      return saveScriptCase(tx, { ...about, args, result }, deps.keys.encryption);
    });
    if (saved === 'full') return { kind: 'full' };
  }
  return { kind: 'tried', answer, lines, findings, tookMs };
}

/** Asks a stored question again, and stores what it found now. */
export async function tryCase(
  deps: TryScriptsDeps,
  connection: Connection,
  input: { name: string; mayChange: boolean; source?: string | undefined },
): Promise<TrialOutcome> {
  const key = { connectionId: connection.id, name: input.name };
  const found = await findScriptCase(deps.db, key, deps.keys.encryption);
  if (found === null) return { kind: 'missing-case' };
  const script = found.script as DirectoryScript;
  return tryScript(deps, connection, { ...input, script, args: found.args, saveAs: input.name });
}

/** Deletes a case. Returns false if there is none. */
export async function removeCase(
  deps: Pick<TryScriptsDeps, 'db'>,
  by: { connectionId: string; name: string },
): Promise<boolean> {
  return deleteScriptCase(deps.db, by);
}

/** Returns what looks wrong in the sources of a connection's scripts, and what its cases found when they were tried last. Runs nothing. */
export async function lintConnection(
  deps: Pick<TryScriptsDeps, 'db' | 'keys'>,
  connection: Connection,
): Promise<Finding[]> {
  const custom = customDatabaseOf(connection);
  if (custom === null) return [];
  const ofSources = custom.directory ? [] : lintSources(custom.scripts, custom.isImporting);
  const cases = await listScriptCases(deps.db, connection.id, deps.keys.encryption);
  const ofCases = cases.flatMap((one) => one.result.findings as Finding[]);
  const owners = Map.groupBy(
    cases.filter(({ result }) => result.email !== null && result.userId !== null),
    ({ result }) => result.email,
  );
  const shared = [...owners].flatMap(([email, some]) => {
    const ids = new Set(some.map(({ result }) => result.userId));
    const message = `The cases found ${ids.size} users with the address ${email}. Only one of them can log in with it.`;
    return ids.size > 1 ? [finding('login', 'shared_email', 'error', message)] : [];
  });
  const all = [...ofSources, ...ofCases, ...shared];
  return [...new Map(all.map((one) => [`${one.script} ${one.code} ${one.message}`, one])).values()];
}

/** A directory that breaks its contract is a failure to report, not one of this server. */
async function askSafely(
  directory: Directory,
  { script, args }: Trial,
  about: Parameters<typeof ask>[3],
): Promise<TrialAnswer> {
  try {
    return await ask(directory, script, args, about);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { kind: 'unavailable', why: 'failed', problem };
  }
}

function withSource(connection: Connection, { script, source }: Trial): Connection {
  const { customScripts } = connection.options;
  return {
    ...connection,
    options: {
      ...connection.options,
      customScripts: { ...(customScripts as object | undefined), [script]: source },
    },
  };
}
