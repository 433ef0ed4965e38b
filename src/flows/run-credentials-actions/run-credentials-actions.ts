import type { Json } from '../../outbound/scripts/scripts.ts';
import type { Db } from '../../platform/db/db.ts';
import type { Client } from '../../records/clients/clients.ts';
import { findOrganization } from '../../records/organizations/organizations.ts';
import {
  type Actions,
  type Command,
  eventClient,
  eventOrganization,
  eventRequest,
  eventTenant,
  isOwnClaim,
  withoutNulls,
} from '../../steps/run-actions/run-actions.ts';

type Deps = { db: Db; actions: Actions; publicUrl: string };

/** An application that asks for a token for itself. */
export type CredentialsExchange = {
  client: Client;
  /** The identifier of the API. */
  audience: string;
  scopes: string[];
  organizationId: string | null;
};

export type CredentialsDecision =
  | { kind: 'none' }
  | { kind: 'passed'; claims: Record<string, Json>; scopes: string[] }
  | {
      kind: 'refused';
      error: 'invalid_request' | 'invalid_scope' | 'server_error';
      description: string;
    };

const FAILED = 'The token was not issued because an action of this server failed.';
const CODES = ['invalid_request', 'invalid_scope'] as const;

/** Runs the hook and the actions of `credentials-exchange`. The caller carries out what they decide. */
export async function runCredentialsActions(
  deps: Deps,
  exchange: CredentialsExchange,
): Promise<CredentialsDecision> {
  const { actions } = deps;
  const { hook, actions: deployed } = await actions.programsOf('credentials-exchange');
  if (hook === null && deployed.length === 0) return { kind: 'none' };
  const { client, audience } = exchange;
  const claims: Record<string, Json> = {};
  let { scopes } = exchange;
  const about = { clientId: client.id };
  if (hook !== null) {
    const args = [eventClient(client), scopes, audience, {}];
    const run = await actions.runHook({ hook, args, about });
    if (run.kind === 'refused') return refused('invalid_request', run.reason);
    if (run.kind === 'failed') return refused('server_error', FAILED);
    const { scope, ...given } = objectOf(run.value);
    if (Array.isArray(scope)) scopes = scope.map(String);
    Object.assign(claims, ownClaims(given));
  }
  const run = await actions.run({
    trigger: 'credentials-exchange',
    event: await eventOf(deps, { ...exchange, scopes }, claims),
    about,
  });
  if (run.kind === 'none') return { kind: 'passed', claims, scopes };
  if (run.kind === 'failed' || run.kind === 'suspended') return refused('server_error', FAILED);
  if (run.kind === 'stopped') {
    const [code, reason] = run.commands.find(({ name }) => name === 'access.deny')?.args ?? [];
    const known = CODES.find((each) => each === code) ?? 'server_error';
    return refused(known, String(reason));
  }
  for (const command of run.commands) scopes = apply(command, claims, scopes);
  return { kind: 'passed', claims, scopes };
}

async function eventOf(
  { db, publicUrl }: Deps,
  { client, audience, scopes, organizationId }: CredentialsExchange,
  claims: Record<string, Json>,
) {
  const organization = organizationId === null ? null : await findOrganization(db, organizationId);
  return withoutNulls({
    accessToken: { customClaims: claims, scope: scopes },
    client: eventClient(client),
    organization: organization && eventOrganization(organization),
    request: eventRequest({ method: 'POST', body: { client_id: client.id, audience } }),
    resource_server: { identifier: audience },
    tenant: eventTenant(publicUrl),
    transaction: { requested_scopes: scopes },
  });
}

/** Sets a claim, or returns other scopes. */
function apply({ name, args }: Command, claims: Record<string, Json>, scopes: string[]): string[] {
  const [first, second = null] = args;
  switch (name) {
    case 'accessToken.setCustomClaim':
      Object.assign(claims, ownClaims({ [String(first)]: second }));
      return scopes;
    case 'transaction.addTargetScope':
      return [...new Set([...scopes, String(first)])];
    case 'transaction.removeTargetScope':
      return scopes.filter((scope) => scope !== first);
    case 'transaction.setTargetScopes':
      return Array.isArray(first) ? first.map(String) : scopes;
    case 'transaction.clearTargetScopes':
      return [];
    default:
      return scopes;
  }
}

function ownClaims(claims: Record<string, Json>): Record<string, Json> {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => isOwnClaim(name)));
}

function objectOf(value: Json): Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}

function refused(
  error: (CredentialsDecision & { kind: 'refused' })['error'],
  description: string,
): CredentialsDecision {
  return { kind: 'refused', error, description };
}
