import { parse } from 'node:querystring';
import type { FastifyInstance } from 'fastify';
import type { JWK } from 'jose';
import type { LimitRequest } from '../../flows/limit-requests/limit-requests.ts';
import type { VerifyDomainDeps } from '../../flows/verify-domain/verify-domain.ts';
import type { PictureOf } from '../../platform/avatar/avatar.ts';
import type { Db } from '../../platform/db/db.ts';
import { isTooDeep, MOST_LEVELS } from '../../platform/json/json.ts';
import { findClient } from '../../records/clients/clients.ts';
import { loginEpoch } from '../../records/oidc-payloads/oidc-payloads.ts';
import {
  anomalyRoutes,
  attackProtectionRoutes,
  userBlockRoutes,
} from './attack-protection/attack-protection.ts';
import {
  authenticationMethodRoutes,
  userEnrollmentRoutes,
} from './authentication-methods/authentication-methods.ts';
import {
  brandingRoutes,
  brandingTemplateRoutes,
  brandingThemeRoutes,
} from './branding/branding.ts';
import { clientGrantRoutes } from './client-grants/client-grants.ts';
import { clientCredentialRoutes, clientRoutes } from './clients/clients.ts';
import { connectionClientRoutes, connectionRoutes } from './connections/connections.ts';
import { customDomainRoutes } from './custom-domains/custom-domains.ts';
import {
  type EmailPreviewDeps,
  emailOutboxRoutes,
  emailPreviewRoutes,
  emailRoutes,
  emailTemplateRoutes,
} from './emails/emails.ts';
import {
  guardianEnrollmentRoutes,
  guardianPhoneRoutes,
  guardianProviderRoutes,
  guardianRoutes,
} from './guardian/guardian.ts';
import { type InvitationDeps, invitationRoutes } from './invitations/invitations.ts';
import {
  exportJobRoutes,
  type JobDeps,
  jobRoutes,
  registerExportFiles,
  renderUsers as renderExport,
  type TicketJobDeps,
  ticketJobRoutes,
  verificationJobRoutes,
} from './jobs/jobs.ts';
import { keyRoutes } from './keys/keys.ts';
import { logRoutes } from './logs/logs.ts';
import { notOfferedRoutes } from './not-offered.ts';
import {
  organizationClientGrantRoutes,
  organizationConnectionRoutes,
  organizationInvitationRoutes,
  organizationMemberRoleRoutes,
  organizationMemberRoutes,
  organizationRoutes,
} from './organizations/organizations.ts';
import { promptRenderingRoutes, promptRoutes } from './prompts/prompts.ts';
import { registerReference } from './reference/reference.ts';
import { resourceServerRoutes } from './resource-servers/resource-servers.ts';
import { rolePermissionRoutes, roleRoutes, roleUserRoutes } from './roles/roles.ts';
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
import { grantRoutes, refreshTokenRoutes, sessionRoutes } from './sessions/sessions.ts';
import { statsRoutes } from './stats/stats.ts';
import { tenantRoutes } from './tenant/tenant.ts';
import { type TicketDeps, ticketRoutes } from './tickets/tickets.ts';
import {
  connectionUserRoutes,
  effectiveRoutes,
  oneUserRoutes,
  type UserDeps,
  userIdentityRoutes,
  userLogRoutes,
  userOrganizationRoutes,
  userPermissionRoutes,
  userRoleRoutes,
  userRoutes,
} from './users/users.ts';

export type ManagementDeps = BaseDeps & {
  production: boolean;
  /** Counts requests against the limits of this installation; undefined where there are none. */
  limit?: LimitRequest | undefined;
  /** The public halves of the keys that sign this server's tokens. */
  publicKeys(): Promise<JWK[]>;
} & JobDeps &
  EmailPreviewDeps &
  VerifyDomainDeps &
  UserDeps &
  InvitationDeps &
  TicketDeps &
  TicketJobDeps;

/** What was mounted: the scopes become those of the system API, the routes are for the test that walks them. */
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
    epochOf: (userId) => loginEpoch.ofThisRequest(deps.db, userId),
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

/** See `export-file.ts`: how users look in the file of an export. */
export function createUserRendering(pictureOf: PictureOf) {
  return (db: Db, ...rest: Rest<Parameters<typeof renderExport>>): Promise<string> =>
    renderExport({ db, pictureOf }, ...rest);
}

type Rest<All extends unknown[]> = All extends [unknown, ...infer Others] ? Others : never;

/** One line per resource file. */
function registerResources(api: Api, deps: ManagementDeps): void {
  clientRoutes(api, deps);
  clientCredentialRoutes(api, deps);
  connectionRoutes(api, deps);
  connectionClientRoutes(api, deps);
  clientGrantRoutes(api, deps);
  keyRoutes(api, deps);
  resourceServerRoutes(api, deps);
  roleRoutes(api, deps);
  rolePermissionRoutes(api, deps);
  roleUserRoutes(api, deps);
  userRoleRoutes(api, deps);
  userPermissionRoutes(api, deps);
  effectiveRoutes(api, deps);
  organizationRoutes(api, deps);
  organizationMemberRoutes(api, deps);
  organizationMemberRoleRoutes(api, deps);
  organizationConnectionRoutes(api, deps);
  organizationInvitationRoutes(api, deps);
  organizationClientGrantRoutes(api, deps);
  userOrganizationRoutes(api, deps);
  emailTemplateRoutes(api, deps);
  emailPreviewRoutes(api, deps);
  emailRoutes(api, deps);
  emailOutboxRoutes(api, deps);
  tenantRoutes(api, deps);
  brandingRoutes(api, deps);
  brandingThemeRoutes(api, deps);
  brandingTemplateRoutes(api, deps);
  promptRoutes(api, deps);
  promptRenderingRoutes(api, deps);
  notOfferedRoutes(api);
  customDomainRoutes(api, deps);
  jobRoutes(api, deps);
  exportJobRoutes(api, deps);
  userRoutes(api, deps);
  oneUserRoutes(api, deps);
  userIdentityRoutes(api, deps);
  verificationJobRoutes(api, deps);
  connectionUserRoutes(api, deps);
  invitationRoutes(api, deps);
  ticketRoutes(api, deps);
  ticketJobRoutes(api, deps);
  userEnrollmentRoutes(api, deps);
  guardianProviderRoutes(api);
  guardianPhoneRoutes(api, deps);
  guardianEnrollmentRoutes(api, deps);
  guardianRoutes(api, deps);
  authenticationMethodRoutes(api, deps);
  logRoutes(api, deps);
  userLogRoutes(api, deps);
  statsRoutes(api, deps);
  attackProtectionRoutes(api, deps);
  userBlockRoutes(api, deps);
  anomalyRoutes(api, deps);
  sessionRoutes(api, deps);
  refreshTokenRoutes(api, deps);
  grantRoutes(api, deps);
}

const BAD_JSON = 'Invalid request payload JSON format';
const TOO_DEEP = `it is nested more than ${MOST_LEVELS} levels deep`;

/** Bodies, errors, the answer to unknown paths, and the request id on every answer. */
function prepare(fastify: FastifyInstance): void {
  const parseJson = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    // Clients send the header also where there is no body, on DELETE for one.
    if (body === '') return done(null, undefined);
    if (isTooDeep(body.toString())) return done(badRequest(`${BAD_JSON}: ${TOO_DEEP}`));
    parseJson(request, body.toString(), (error, value) => {
      if (!error) return done(null, value);
      done(badRequest(`${BAD_JSON}: ${jsonProblem(body.toString())}`));
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
    return 'it names a forbidden property';
  } catch (error) {
    return error instanceof Error ? error.message : 'it can not be read';
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
