import { type Static, Type } from 'typebox';
import {
  lintConnection,
  removeCase,
  type TrialAnswer,
  type TrialOutcome,
  type TryScriptsDeps,
  tryCase,
  tryScript,
} from '../../../flows/try-scripts/try-scripts.ts';
import {
  type Connection,
  customDatabaseOf,
  DIRECTORY_SCRIPTS,
  findConnection,
} from '../../../records/connections/connections.ts';
import { listScriptCases } from '../../../records/script-cases/script-cases.ts';
import { listScriptRuns } from '../../../records/script-runs/script-runs.ts';
import {
  type Api,
  badRequest,
  closed,
  freeObject,
  idParams,
  notFound,
  oneOf,
  route,
  timestamp,
} from '../route/route.ts';
import { MOST_SCRIPT_LENGTH } from './custom-database-rules.ts';
import {
  argsFrom,
  argsSchema,
  argsToWire,
  consoleLine,
  findingSchema,
  profileToWire,
} from './script-wire.ts';
import { missingConnection } from './write-connection.ts';

const tags = ['connections'];
const params = idParams('ID of the connection');
const caseName = Type.String({ pattern: '^[A-Za-z0-9 _.-]{1,64}$', description: 'Name of a case' });
const script = oneOf(DIRECTORY_SCRIPTS, { description: 'Name of the script' });

const tryBody = closed({
  script: Type.Optional(script),
  args: Type.Optional(argsSchema),
  case: Type.Optional(caseName),
  save_as: Type.Optional(caseName),
  code: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: MOST_SCRIPT_LENGTH,
      description: 'A source to try instead of the stored one',
    }),
  ),
  allow_changes: Type.Optional(
    Type.Boolean({
      description:
        'Must be `true` for scripts that change the legacy user database: create, verify, change_password, delete, change_email.',
    }),
  ),
});

const trialSchema = Type.Object({
  outcome: oneOf(
    ['found', 'none', 'wrong', 'denied', 'done', 'declined', 'refused', 'unavailable'],
    { description: 'What the legacy user database answered' },
  ),
  reason: Type.Optional(Type.String({ description: 'Why there was no usable answer' })),
  message: Type.Optional(Type.String()),
  code: Type.Optional(Type.String({ description: 'Code of a `ValidationError`' })),
  profile: Type.Optional(freeObject('The user as Usher would store it')),
  findings: Type.Array(findingSchema),
  console: Type.Array(consoleLine),
  took_ms: Type.Number({ description: 'Milliseconds until the answer' }),
});

/** `/connections/{id}/scripts`: tries scripts and connectors, and shows what they wrote. */
export function scriptRoutes(api: Api, deps: TryScriptsDeps): void {
  route(api, {
    method: 'POST',
    url: '/connections/:id/scripts/try',
    scopes: ['update:connections'],
    summary: 'Try a script or the directory of a connection',
    description:
      'Asks the legacy user database as a login would, and returns the profile as Usher would store it. It creates no user and ' +
      'changes none in Usher. Questions that only read are asked twice, to find a `user_id` that differs, and `login` also asks ' +
      '`get_user`, to compare the profiles. `save_as` stores the question as a case, encrypted. `case` asks a stored one again.',
    tags,
    params,
    body: tryBody,
    response: { 200: trialSchema },
    handler: async ({ params, body }) => toWire(await tryFromBody(deps, params.id, body)),
  });
  route(api, {
    method: 'GET',
    url: '/connections/:id/scripts/lint',
    scopes: ['read:connections'],
    summary: 'Check the scripts of a connection',
    description:
      'Returns what looks wrong in the sources, and what the stored cases found when they were tried last. It runs no script.',
    tags,
    params,
    response: { 200: Type.Object({ findings: Type.Array(findingSchema) }) },
    handler: async ({ params }) => ({
      findings: await lintConnection(deps, await customConnection(deps, params.id)),
    }),
  });
  route(api, {
    method: 'GET',
    url: '/connections/:id/scripts/logs',
    scopes: ['read:connections', 'read:logs'],
    summary: 'List what the scripts of a connection wrote',
    description:
      'Returns runs that wrote to the console or had a problem, the newest first, for ten days. Usher stores up to 120 runs a ' +
      'minute of each connection and node. Typed passwords and values of `configuration` are censored.',
    tags,
    params,
    query: closed({
      script: Type.Optional(script),
      take: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, description: 'Default: 50' })),
    }),
    response: {
      200: Type.Object({
        logs: Type.Array(
          Type.Object({
            script: Type.String(),
            outcome: Type.String({ description: 'How the run ended, such as `timed-out`' }),
            problem: Type.String(),
            console: Type.Array(consoleLine),
            took_ms: Type.Number(),
            date: timestamp('When the script ran'),
          }),
        ),
      }),
    },
    handler: async ({ params, query }) => {
      const { id } = await customConnection(deps, params.id);
      const of = { connectionId: id, script: query.script, limit: query.take ?? 50 };
      const runs = await listScriptRuns(deps.db, of);
      return {
        logs: runs.map((run) => ({
          script: run.script,
          outcome: run.outcome,
          problem: run.problem,
          console: run.lines,
          took_ms: run.tookMs,
          date: run.ranAt.toISOString(),
        })),
      };
    },
  });
  route(api, {
    method: 'GET',
    url: '/connections/:id/scripts/cases',
    scopes: ['read:connections'],
    summary: 'List the cases of a connection',
    description: 'Passwords among the arguments are censored.',
    tags,
    params,
    response: {
      200: Type.Object({
        cases: Type.Array(
          Type.Object({
            name: Type.String(),
            script: Type.String(),
            args: freeObject('Arguments'),
            outcome: Type.String({ description: 'Outcome of the last trial' }),
            findings: Type.Array(findingSchema),
            tried_at: timestamp('When the case was tried last'),
          }),
        ),
      }),
    },
    handler: async ({ params }) => {
      const { id } = await customConnection(deps, params.id);
      const cases = await listScriptCases(deps.db, id, deps.keys.encryption);
      return {
        cases: cases.map((one) => ({
          name: one.name,
          script: one.script,
          args: argsToWire(one.args),
          outcome: one.result.outcome,
          findings: one.result.findings,
          tried_at: one.triedAt.toISOString(),
        })),
      };
    },
  });
  route(api, {
    method: 'DELETE',
    url: '/connections/:id/scripts/cases/:name',
    scopes: ['update:connections'],
    summary: 'Delete a case of a connection',
    tags,
    params: closed({ id: params.properties.id, name: caseName }),
    response: { 204: null },
    handler: async ({ params }) => {
      const { id } = await customConnection(deps, params.id);
      const isRemoved = await removeCase(deps, { connectionId: id, name: params.name });
      if (!isRemoved) throw noCase();
    },
  });
}

async function tryFromBody(
  deps: TryScriptsDeps,
  id: string,
  body: Static<typeof tryBody>,
): Promise<Extract<TrialOutcome, { kind: 'tried' }>> {
  const connection = await customConnection(deps, id);
  const mayChange = body.allow_changes === true;
  const source = body.code;
  if ((body.script === undefined) === (body.case === undefined)) {
    throw badRequest('Send either script or case.');
  }
  if (body.case !== undefined && (body.args !== undefined || body.save_as !== undefined)) {
    throw badRequest('A case has its own arguments. Leave out args and save_as.');
  }
  const outcome =
    body.script === undefined
      ? await tryCase(deps, connection, { name: body.case ?? '', mayChange, source })
      : await tryScript(deps, connection, {
          script: body.script,
          args: argsFrom(body.args ?? {}),
          source,
          mayChange,
          saveAs: body.save_as,
        });
  switch (outcome.kind) {
    case 'tried':
      return outcome;
    case 'missing-case':
      throw noCase();
    case 'full':
      throw badRequest('The connection has 20 cases already. Delete one first.');
    case 'would-change':
      throw badRequest(
        'This script changes the legacy user database. Set allow_changes to true to run it.',
      );
    case 'no-store':
      throw badRequest('The connection has neither scripts nor a directory.');
  }
}

/** @throws ApiError 404; 400 if the connection has no legacy user database */
async function customConnection(
  { db }: Pick<TryScriptsDeps, 'db'>,
  id: string,
): Promise<Connection> {
  const connection = await findConnection(db, id);
  if (connection === null) throw missingConnection();
  if (customDatabaseOf(connection) === null) {
    throw badRequest(
      'The connection has no legacy user database. Set options.enabledDatabaseCustomization to true first.',
    );
  }
  return connection;
}

function noCase() {
  return notFound('The connection has no case of this name.', 'inexistent_case');
}

function toWire({ answer, findings, lines, tookMs }: Extract<TrialOutcome, { kind: 'tried' }>) {
  return {
    outcome: answer.kind,
    ...about(answer),
    findings,
    console: lines,
    took_ms: Math.round(tookMs),
  };
}

function about(answer: TrialAnswer) {
  switch (answer.kind) {
    case 'found':
      return { profile: profileToWire(answer.profile) };
    case 'wrong':
      return answer.problem === null ? {} : { message: answer.problem };
    case 'denied':
      return { message: answer.message };
    case 'refused':
      return { code: answer.code, message: answer.message };
    case 'unavailable':
      return { reason: answer.why, message: answer.problem };
    default:
      return {};
  }
}
