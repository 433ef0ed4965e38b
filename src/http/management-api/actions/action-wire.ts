import { Type } from 'typebox';
import type { Refused } from '../../../flows/manage-actions/manage-actions.ts';
import {
  type Action,
  type ActionBase,
  type ActionVersion,
  isTrigger,
  type Program,
  TRIGGERS,
  type Trigger,
} from '../../../records/actions/actions.ts';
import { type ApiError, badRequest, notFound, oneOf, timestamp } from '../route/route.ts';

export const tags = ['actions'];

/** All triggers of Auth0. A server has those of {@link TRIGGERS}. */
export const triggerName = oneOf(
  [
    'post-login',
    'credentials-exchange',
    'pre-user-registration',
    'post-user-registration',
    'post-change-password',
    'send-phone-message',
    'custom-phone-provider',
    'custom-email-provider',
    'password-reset-post-challenge',
    'custom-token-exchange',
    'event-stream',
    'password-hash-migration',
    'login-post-identifier',
    'signup-post-identifier',
  ],
  { description: 'The moment at which actions run' },
);

/** Names of Node versions at Auth0. */
export const RUNTIMES = ['node12', 'node16', 'node18', 'node18-actions', 'node22'];
export const DEFAULT_RUNTIME = 'node22';

/** Earlier versions of a trigger's event and API that programs for them still fit. */
export const COMPATIBLE: Partial<Record<Trigger, string[]>> = { 'post-login': ['v2'] };

export const noAction = () => notFound('That action does not exist.');
export const noVersion = () => notFound('The action version does not exist.');

export function refusal({ path, why }: Pick<Refused, 'path' | 'why'>): ApiError {
  return badRequest(`Payload validation error: '${why}' on property ${path}.`);
}

/**
 * The trigger of a request, with its version.
 * @throws ApiError 400 for a trigger or a version that no action can have here
 */
export function readTrigger(wanted: { id: string; version?: string | undefined }): {
  trigger: Trigger;
  triggerVersion: string;
} {
  const { id, version } = wanted;
  if (!isTrigger(id)) {
    const why = `nothing runs at ${id} here. The triggers are ${Object.keys(TRIGGERS).join(', ')}`;
    throw refusal({ path: 'supported_triggers[0].id', why });
  }
  const versions = [TRIGGERS[id], ...(COMPATIBLE[id] ?? [])];
  if (version !== undefined && !versions.includes(version)) {
    const why = `${id} has the version ${versions.join(' or ')}`;
    throw refusal({ path: 'supported_triggers[0].version', why });
  }
  return { trigger: id, triggerVersion: version ?? TRIGGERS[id] };
}

export const supportedTriggers = Type.Array(
  Type.Object({ id: Type.String(), version: Type.String() }),
);
const baseFields = {
  id: Type.String({ description: 'ID of the action' }),
  name: Type.String({ description: 'Name of the action' }),
  supported_triggers: supportedTriggers,
  all_changes_deployed: Type.Boolean({ description: 'Whether the draft is what runs' }),
  created_at: timestamp('When the action was created'),
  updated_at: timestamp('When the draft was last changed'),
};
const programFields = {
  code: Type.String({ description: 'The program: a module that exports the handler' }),
  dependencies: Type.Array(Type.Object({ name: Type.String(), version: Type.String() })),
  runtime: Type.String(),
  secrets: Type.Array(
    Type.Object({ name: Type.String(), updated_at: timestamp('When the value was last set') }),
    { description: 'Names of the secrets. No response contains their values.' },
  ),
  status: Type.String({ description: 'Always `built`: there is nothing to wait for' }),
  built_at: timestamp('When the program was stored'),
};
const versionFields = {
  ...programFields,
  id: Type.String({ description: 'ID of the version' }),
  deployed: Type.Boolean({ description: 'Whether this version runs' }),
  number: Type.Integer({ description: 'Number of the version, from 1' }),
  supported_triggers: supportedTriggers,
  created_at: timestamp('When the version was deployed first'),
  updated_at: timestamp('The same: versions do not change'),
};

export const actionSchema = Type.Object({
  ...programFields,
  ...baseFields,
  deployed_version: Type.Optional(Type.Object(versionFields)),
});

export const versionSchema = Type.Object({
  ...versionFields,
  action_id: Type.String({ description: 'ID of the action' }),
  action: Type.Object(baseFields),
});

function toProgram(program: Program, builtAt: Date) {
  return {
    code: program.code,
    dependencies: program.dependencies,
    runtime: program.runtime,
    secrets: program.secrets.map(({ name, updatedAt }) => ({ name, updated_at: updatedAt })),
    status: 'built',
    built_at: builtAt.toISOString(),
  };
}

function toBase(action: ActionBase & { allChangesDeployed: boolean }) {
  return {
    id: action.id,
    name: action.name,
    supported_triggers: [{ id: action.trigger, version: action.triggerVersion }],
    all_changes_deployed: action.allChangesDeployed,
    created_at: action.createdAt.toISOString(),
    updated_at: action.updatedAt.toISOString(),
  };
}

function toVersionFields(version: ActionVersion, action: ActionBase) {
  return {
    ...toProgram(version, version.createdAt),
    id: version.id,
    deployed: version.deployed,
    number: version.number,
    supported_triggers: [{ id: action.trigger, version: action.triggerVersion }],
    created_at: version.createdAt.toISOString(),
    updated_at: version.createdAt.toISOString(),
  };
}

export function toActionWire(action: Action) {
  const { deployedVersion } = action;
  return {
    ...toBase(action),
    ...toProgram(action, action.updatedAt),
    ...(deployedVersion && { deployed_version: toVersionFields(deployedVersion, action) }),
  };
}

export function toVersionWire(version: ActionVersion, action: Action) {
  return {
    ...toVersionFields(version, action),
    action_id: action.id,
    action: toBase(action),
  };
}
