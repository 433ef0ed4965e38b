import type { Static } from 'typebox';
import {
  type ConnectionConflict,
  changeConnection,
  createConnection,
} from '../../../flows/manage-connections/manage-connections.ts';
import { readSender } from '../../../platform/email-address/email-address.ts';
import {
  type Connection,
  codeRulesOf,
  findConnection,
  foreignConfiguration,
  isOwn,
  isPasswordless,
  openSecrets,
  withKeptSecrets,
} from '../../../records/connections/connections.ts';
import {
  type ApiError,
  type BaseDeps,
  badRequest,
  conflict,
  notFound,
  refuseWithoutEffect,
} from '../route/route.ts';
import { refuseOptionsWithoutEffect } from './connection-options.ts';
import { checkOptions } from './connection-rules.ts';
import { type createBody, newOptions, type patchBody } from './connection-wire.ts';
import { keepContext } from './custom-database-rules.ts';
import { OWN_EFFECTS, STRATEGY_EFFECTS } from './effects-of-connections.ts';
import { checkProviderOptions } from './provider-rules.ts';
import { codeMailProblem, sampleMail, textProblem } from './text-check.ts';

export const missingConnection = () =>
  notFound('The connection does not exist', 'inexistent_connection');

/**
 * Creates a connection as POST /connections requests it.
 * @throws ApiError 400 if its options are invalid, 409 if its name, a realm or its domain exists already
 */
export async function createFromBody(
  deps: BaseDeps,
  body: Static<typeof createBody>,
): Promise<Connection> {
  const options = optionsFor(body.strategy, body.options ?? {});
  refuseForeignConfiguration(deps, options);
  checkButton(body.strategy, body);
  await checkTexts(body.strategy, options);
  const outcome = await createConnection(deps, {
    name: body.name,
    displayName: body.display_name ?? null,
    strategy: body.strategy,
    options,
    metadata: body.metadata === undefined ? null : withoutNulls(body.metadata),
    realms: body.realms?.length ? body.realms : [body.name],
    settings: settingsOf(body),
    clientIds: body.enabled_clients ?? [],
  });
  if (outcome.kind === 'duplicate') {
    throw conflict('A connection with the same name already exists');
  }
  if (outcome.kind === 'conflict') throw refuseConflict(outcome);
  return outcome.connection;
}

/**
 * Updates a connection as PATCH /connections/{id} requests it.
 * @throws ApiError 404; 400 if the options are invalid; 409 if a realm or the domain exists already
 */
export async function changeFromBody(
  deps: BaseDeps,
  id: string,
  body: Static<typeof patchBody>,
): Promise<Connection> {
  const before = await findConnection(deps.db, id);
  if (before === null) throw missingConnection();
  const asked = body.options === null ? {} : body.options;
  const options = asked && keepSecrets(deps, before, keepContext(before, asked));
  checkButton(before.strategy, body);
  if (options !== undefined) {
    checkFor(before.strategy, options);
    refuseForeignConfiguration(deps, options);
    await checkTexts(before.strategy, options);
  }
  const outcome = await changeConnection(deps, id, {
    ...(body.display_name !== undefined && { displayName: body.display_name }),
    ...(options !== undefined && { options }),
    ...(body.metadata !== undefined && { metadata: withoutNulls(body.metadata) }),
    ...(body.realms !== undefined && { realms: body.realms }),
    settings: settingsOf(body),
    ...(body.enabled_clients !== undefined && { clientIds: body.enabled_clients ?? [] }),
  });
  if (outcome.kind === 'missing') throw missingConnection();
  if (outcome.kind === 'has-users') {
    throw badRequest(
      'This database contains users. You cannot change "options.enabledDatabaseCustomization" setting.',
    );
  }
  if (outcome.kind === 'conflict') throw refuseConflict(outcome);
  return outcome.connection;
}

/** @throws ApiError 400 if a secret of the directory would go elsewhere without being given again */
function keepSecrets(
  { keys }: BaseDeps,
  before: Connection,
  options: Record<string, unknown>,
): Record<string, unknown> {
  const kept = withKeptSecrets(openSecrets(before.options, keys.encryption), options);
  if (kept !== null) return kept;
  throw badRequest(
    'Give the secrets of options.directory again, because the update sends them to another place.',
  );
}

/** @throws ApiError 400 for values of `configuration` that another server encrypted */
function refuseForeignConfiguration({ keys }: BaseDeps, options: Record<string, unknown>): void {
  const [name] = foreignConfiguration({ options }, keys.encryption);
  if (name === undefined) return;
  throw badRequest(
    `options.configuration.${name} was encrypted by another server, or with another USHER_SECRET. Send the value itself.`,
  );
}

/**
 * Options of a new connection, with the defaults of a database connection.
 * @throws ApiError 400
 */
function optionsFor(strategy: string, asked: Record<string, unknown>): Record<string, unknown> {
  const options = strategy === 'auth0' ? newOptions(asked) : asked;
  checkFor(strategy, options);
  return options;
}

function checkFor(strategy: string, options: Record<string, unknown>): void {
  // Only a connection that an earlier version stored can have another strategy.
  refuseWithoutEffect('strategy', STRATEGY_EFFECTS.strategy, strategy);
  if (strategy === 'auth0') checkOptions(options);
  refuseOptionsWithoutEffect(strategy, options);
  if (!isOwn(strategy)) checkProviderOptions(strategy, options);
}

type Settings = { show_as_button?: boolean };

/** @throws ApiError 400 for a connection whose users Usher keeps, which has no button */
function checkButton(strategy: string, { show_as_button: shown }: Settings): void {
  if (isOwn(strategy)) refuseWithoutEffect('show_as_button', OWN_EFFECTS.show_as_button, shown);
}

function settingsOf({ show_as_button: shown }: Settings): Record<string, unknown> {
  return shown === undefined ? {} : { show_as_button: shown };
}

/**
 * Renders the mail or text message templates of a passwordless connection once. Refuses a template that has an error or
 * takes too much time or memory.
 * @throws ApiError 400
 */
async function checkTexts(strategy: string, options: Record<string, unknown>): Promise<void> {
  if (!isPasswordless({ strategy })) return;
  const { text, mail } = codeRulesOf({ options });
  const checks: [string, string | null, (source: string) => Promise<string | null>][] = [
    ['template', text, textProblem],
    ['email.subject', mail.subject, lineProblem],
    ['email.from', mail.from, senderProblem],
    ['email.body', mail.body, codeMailProblem],
  ];
  for (const [field, source, problemOf] of checks) {
    const problem = source === null ? null : await problemOf(source);
    if (problem === null) continue;
    const first = problem.split('\n')[0];
    throw badRequest(`Payload validation error: '${first}' on property options.${field}.`);
  }
}

async function lineProblem(source: string): Promise<string | null> {
  const rendered = await sampleMail(source, 'text', 'code');
  return rendered.kind === 'faulty' ? rendered.problem : null;
}

async function senderProblem(source: string): Promise<string | null> {
  const rendered = await sampleMail(source, 'text', 'code');
  if (rendered.kind === 'faulty') return rendered.problem;
  return rendered.text !== '' && readSender(rendered.text) === null
    ? 'this is not a valid sender. Use an address, or Name <address>'
    : null;
}

function refuseConflict(conflicting: ConnectionConflict): ApiError {
  return conflict(
    conflicting.with === 'realm'
      ? 'There is already another connection with some realms from "realms" parameter'
      : 'There is already a domain connection enabled for strategy',
  );
}

function withoutNulls(metadata: Record<string, string | null>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== null));
}
