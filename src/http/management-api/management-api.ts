import { parse } from 'node:querystring';
import type { FastifyInstance } from 'fastify';
import type { JWK } from 'jose';
import type { IssueTicketDeps } from '../../flows/issue-tickets/issue-tickets.ts';
import type { LimitRequest } from '../../flows/limit-requests/limit-requests.ts';
import type { VerifyDomainDeps } from '../../flows/verify-domain/verify-domain.ts';
import type { PictureOf } from '../../platform/avatar/avatar.ts';
import type { Db } from '../../platform/db/db.ts';
import { hasHugeNumber, isTooDeep, MOST_LEVELS } from '../../platform/json/json.ts';
import { findClient } from '../../records/clients/clients.ts';
import { type ActionsDeps, registerActions } from './actions/actions.ts';
import { registerAttackProtection } from './attack-protection/attack-protection.ts';
import { registerAuthenticationMethods } from './authentication-methods/authentication-methods.ts';
import { registerBranding } from './branding/branding.ts';
import { clientGrantRoutes } from './client-grants/client-grants.ts';
import { registerClients } from './clients/clients.ts';
import { type ConnectionsDeps, registerConnections } from './connections/connections.ts';
import { customDomainRoutes } from './custom-domains/custom-domains.ts';
import { type EmailsDeps, registerEmails } from './emails/emails.ts';
import { registerGuardian } from './guardian/guardian.ts';
import { registerHooks } from './hooks/hooks.ts';
import { type InvitationDeps, invitationRoutes } from './invitations/invitations.ts';
import { type JobsDeps, registerExportFiles, registerJobs, renderUsers } from './jobs/jobs.ts';
import { keyRoutes } from './keys/keys.ts';
import { logRoutes } from './logs/logs.ts';
import { notOfferedRoutes } from './not-offered.ts';
import { type OrganizationsDeps, registerOrganizations } from './organizations/organizations.ts';
import { registerPrompts } from './prompts/prompts.ts';
import { registerReference } from './reference/reference.ts';
import { resourceServerRoutes } from './resource-servers/resource-servers.ts';
import { registerRoles } from './roles/roles.ts';
import {
  type Api,
  type BaseDeps,
  badRequest,
  createAuthenticate,
  errorBody,
  type RouteInfo,
  registerCustomDomainHeader,
  toErrorBody,
} from './route/route.ts';
import { registerRules } from './rules/rules.ts';
import { registerSessions } from './sessions/sessions.ts';
import { statsRoutes } from './stats/stats.ts';
import { tenantRoutes } from './tenant/tenant.ts';
import { ticketRoutes } from './tickets/tickets.ts';
import { registerUsers, type UsersDeps } from './users/users.ts';

export type ManagementDeps = BaseDeps & {
  production: boolean;
  /** Counts requests against the rate limits of this server; undefined if there are none. */
  limit?: LimitRequest | undefined;
  /** The public parts of the keys that sign this server's tokens. */
  publicKeys(): Promise<JWK[]>;
} & ActionsDeps &
  VerifyDomainDeps &
  UsersDeps &
  ConnectionsDeps &
  OrganizationsDeps &
  JobsDeps &
  InvitationDeps &
  IssueTicketDeps &
  EmailsDeps;

/**
 * What was mounted. The scopes become those of the management API itself. The test that walks all routes reads the routes.
 */
export type MountedApi = { scopes: { value: string; description: string }[]; routes: RouteInfo[] };

/** Mounts the management API under /api/v2 and its reference under /docs. */
export async function registerManagementApi(
  app: FastifyInstance,
  deps: ManagementDeps,
): Promise<MountedApi> {
  const routes: RouteInfo[] = [];
  const authenticate = createAuthenticate({
    ...deps,
    clientExists: async (clientId) => (await findClient(deps.db, clientId)) !== null,
  });
  await app.register(async (scope) => {
    registerExportFiles(scope, deps);
    await registerReference(scope, { publicUrl: deps.publicUrl });
    await scope.register(
      async (fastify) => {
        prepare(fastify);
        registerCustomDomainHeader(fastify, deps);
        const { production, limit, audit } = deps;
        const api: Api = { fastify, authenticate, limit, audit, production, routes };
        registerResources(api, deps);
      },
      { prefix: '/api/v2' },
    );
  });
  return { scopes: scopesOf(routes), routes };
}

/** Creates the function that writes users into the file of an export; see `export-file.ts`. */
export function createUserRendering(pictureOf: PictureOf) {
  return (db: Db, ...rest: Rest<Parameters<typeof renderUsers>>): Promise<string> =>
    renderUsers({ db, pictureOf }, ...rest);
}

type Rest<All extends unknown[]> = All extends [unknown, ...infer Others] ? Others : never;

/** One line per folder of routes. */
function registerResources(api: Api, deps: ManagementDeps): void {
  registerUsers(api, deps);
  registerAuthenticationMethods(api, deps);
  registerSessions(api, deps);
  registerRoles(api, deps);
  registerOrganizations(api, deps);
  registerClients(api, deps);
  clientGrantRoutes(api, deps);
  resourceServerRoutes(api, deps);
  registerConnections(api, deps);
  registerJobs(api, deps);
  invitationRoutes(api, deps);
  ticketRoutes(api, deps);
  registerEmails(api, deps);
  registerBranding(api, deps);
  registerPrompts(api, deps);
  customDomainRoutes(api, deps);
  tenantRoutes(api, deps);
  registerGuardian(api, deps);
  registerAttackProtection(api, deps);
  registerActions(api, deps);
  registerRules(api, deps);
  registerHooks(api, deps);
  keyRoutes(api, deps);
  logRoutes(api, deps);
  statsRoutes(api, deps);
  notOfferedRoutes(api);
}

const BAD_JSON = 'Invalid request payload JSON format';
const TOO_DEEP = `it is nested more than ${MOST_LEVELS} levels deep`;
const TOO_LARGE = 'it contains a number that is too large to be stored';

/** Body parsers, the error handler, the response to unknown paths, and the request ID in every response. */
function prepare(fastify: FastifyInstance): void {
  const parseJson = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    // Clients also send the header without a body, for example with DELETE.
    if (body === '') return done(null, undefined);
    const text = body.toString();
    if (isTooDeep(text)) return done(badRequest(`${BAD_JSON}: ${TOO_DEEP}`));
    parseJson(request, text, (error, value) => {
      if (error) return done(badRequest(`${BAD_JSON}: ${jsonProblem(text)}`));
      return hasHugeNumber(text)
        ? done(badRequest(`${BAD_JSON}: ${TOO_LARGE}`))
        : done(null, value);
    });
  });
  fastify.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => done(null, { ...parse(body.toString()) }),
  );
  fastify.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
    reply.header('cache-control', 'no-store');
  });
  fastify.setNotFoundHandler((_request, reply) =>
    reply.code(404).send(errorBody(404, 'Not Found')),
  );
  fastify.setErrorHandler((error, request, reply) => {
    const { body, unexpected } = toErrorBody(error);
    if (unexpected) request.log.error({ err: error }, 'management API');
    if (body.statusCode === 401) reply.header('www-authenticate', 'Bearer');
    return reply.code(body.statusCode).send(body);
  });
}

function jsonProblem(text: string): string {
  try {
    JSON.parse(text);
    return 'it contains a forbidden property name';
  } catch (error) {
    return error instanceof Error ? error.message : 'it cannot be read';
  }
}

function scopesOf(routes: RouteInfo[]): MountedApi['scopes'] {
  const values = [...new Set(routes.flatMap((route) => route.scopes))].sort();
  return values.map((value) => {
    const [verb = '', noun = ''] = value.split(':');
    const words = `${verb} ${noun}`.replaceAll('_', ' ');
    return { value, description: words.charAt(0).toUpperCase() + words.slice(1) };
  });
}
