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
import { attackProtectionRoutes } from './attack-protection.ts';
import { createAuthenticate } from './authenticate.ts';
import { authenticationMethodRoutes } from './authentication-methods.ts';
import type { BaseDeps } from './base-deps.ts';
import { brandingRoutes } from './branding.ts';
import { brandingTemplateRoutes } from './branding-templates.ts';
import { brandingThemeRoutes } from './branding-themes.ts';
import { clientCredentialRoutes } from './client-credentials.ts';
import { clientGrantRoutes } from './client-grants.ts';
import { clientRoutes } from './clients.ts';
import { connectionClientRoutes } from './connection-clients.ts';
import { connectionUserRoutes } from './connection-users.ts';
import { connectionRoutes } from './connections.ts';
import { registerCustomDomainHeader } from './custom-domain-header.ts';
import { customDomainRoutes } from './custom-domains.ts';
import { effectiveRoutes } from './effective-permissions.ts';
import { emailOutboxRoutes } from './email-outbox.ts';
import { type EmailPreviewDeps, emailPreviewRoutes } from './email-previews.ts';
import { emailTemplateRoutes } from './email-templates.ts';
import { emailRoutes } from './emails.ts';
import { badRequest, errorBody, toErrorBody } from './errors.ts';
import { renderUsers as renderExport } from './export-file.ts';
import { exportJobRoutes, registerExportFiles } from './export-jobs.ts';
import { grantRoutes } from './grants.ts';
import { guardianRoutes } from './guardian.ts';
import { guardianEnrollmentRoutes } from './guardian-enrollments.ts';
import { guardianPhoneRoutes } from './guardian-phone.ts';
import { guardianProviderRoutes } from './guardian-providers.ts';
import { type InvitationDeps, invitationRoutes } from './invitations.ts';
import { type JobDeps, jobRoutes } from './jobs.ts';
import { keyRoutes } from './keys.ts';
import { logRoutes } from './logs.ts';
import { notOfferedRoutes } from './not-offered.ts';
import { oneUserRoutes } from './one-user.ts';
import { organizationClientGrantRoutes } from './organization-client-grants.ts';
import { organizationConnectionRoutes } from './organization-connections.ts';
import { organizationInvitationRoutes } from './organization-invitations.ts';
import { organizationMemberRoleRoutes } from './organization-member-roles.ts';
import { organizationMemberRoutes } from './organization-members.ts';
import { organizationRoutes } from './organizations.ts';
import { promptRenderingRoutes } from './prompt-rendering.ts';
import { promptRoutes } from './prompts.ts';
import { registerReference } from './reference.ts';
import { refreshTokenRoutes } from './refresh-tokens.ts';
import { resourceServerRoutes } from './resource-servers.ts';
import { rolePermissionRoutes } from './role-permissions.ts';
import { roleUserRoutes } from './role-users.ts';
import { roleRoutes } from './roles.ts';
import type { Api, RouteInfo } from './route.ts';
import { sessionRoutes } from './sessions.ts';
import { statsRoutes } from './stats.ts';
import { tenantRoutes } from './tenants.ts';
import { type TicketJobDeps, ticketJobRoutes } from './ticket-jobs.ts';
import { type TicketDeps, ticketRoutes } from './tickets.ts';
import { anomalyRoutes, userBlockRoutes } from './user-blocks.ts';
import { userEnrollmentRoutes } from './user-enrollments.ts';
import { userIdentityRoutes } from './user-identities.ts';
import { userLogRoutes } from './user-logs.ts';
import { userOrganizationRoutes } from './user-organizations.ts';
import { userPermissionRoutes } from './user-permissions.ts';
import { userRoleRoutes } from './user-roles.ts';
import { type UserDeps, userRoutes } from './users.ts';
import { verificationJobRoutes } from './verification-jobs.ts';

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
