import { isDeepStrictEqual } from 'node:util';
import type { ColumnType, Selectable } from 'kysely';
import type { Db } from '../../platform/db/db.ts';
import type { SealedSecret } from './action-secrets.ts';
import type { Trigger } from './triggers.ts';

/** A package that a program requires. */
export type Dependency = { name: string; version: string };

/** What runs: of an action's draft, and of each of its versions. */
export type Program = {
  code: string;
  dependencies: Dependency[];
  runtime: string;
  secrets: SealedSecret[];
};

type ProgramColumns = {
  code: string;
  dependencies: ColumnType<Dependency[], string, string>;
  runtime: string;
  secrets: ColumnType<SealedSecret[], string, string>;
};

export type ActionsTable = ProgramColumns & {
  id: string;
  name: string;
  trigger: Trigger;
  trigger_version: string;
  created_at: Date;
  updated_at: Date;
};

export type VersionsTable = ProgramColumns & {
  id: string;
  action_id: string;
  number: number;
  deployed: boolean;
  created_at: Date;
};

export type BindingsTable = {
  id: string;
  trigger: Trigger;
  position: number;
  action_id: string;
  display_name: string;
  created_at: Date;
  updated_at: Date;
};

export const on = (db: Db) =>
  db.withTables<{
    actions: ActionsTable;
    action_versions: VersionsTable;
    action_bindings: BindingsTable;
  }>();

/** What an action is, without its program. */
export type ActionBase = {
  id: string;
  name: string;
  trigger: Trigger;
  triggerVersion: string;
  createdAt: Date;
  updatedAt: Date;
};

/** What was deployed: a copy of the draft of that moment. It never changes. */
export type ActionVersion = Program & {
  id: string;
  actionId: string;
  /** Counts from 1. */
  number: number;
  /** Whether it is the version that runs. */
  deployed: boolean;
  createdAt: Date;
};

/** An action: its draft, and the version that runs. */
export type Action = ActionBase &
  Program & {
    deployedVersion: ActionVersion | null;
    /** Whether the deployed version equals the draft. */
    allChangesDeployed: boolean;
  };

function programOf(row: Selectable<ProgramColumns>): Program {
  const { code, dependencies, runtime, secrets } = row;
  return { code, dependencies, runtime, secrets };
}

/** The columns of a program. */
export function programColumns(program: Program) {
  return {
    code: program.code,
    dependencies: JSON.stringify(program.dependencies),
    runtime: program.runtime,
    secrets: JSON.stringify(program.secrets),
  };
}

export function toVersion(row: Selectable<VersionsTable>): ActionVersion {
  return {
    ...programOf(row),
    id: row.id,
    actionId: row.action_id,
    number: row.number,
    deployed: row.deployed,
    createdAt: row.created_at,
  };
}

export function toAction(
  row: Selectable<ActionsTable>,
  deployed: Selectable<VersionsTable> | undefined,
): Action {
  const draft = programOf(row);
  return {
    ...draft,
    id: row.id,
    name: row.name,
    trigger: row.trigger,
    triggerVersion: row.trigger_version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    deployedVersion: deployed ? toVersion(deployed) : null,
    allChangesDeployed: deployed !== undefined && isDeepStrictEqual(draft, programOf(deployed)),
  };
}
