import { Readable } from 'node:stream';
import { Type } from 'typebox';
import {
  endInvitation,
  type ManageInvitationsDeps,
  resendInvitation,
} from '../../../flows/manage-invitations/manage-invitations.ts';
import {
  inviteForLinks,
  previewInvitations,
  refusedRows,
  type SendInvitationsDeps,
  submitPeopleJob,
} from '../../../flows/send-invitations/send-invitations.ts';
import { canonicalEmail } from '../../../platform/email-address/email-address.ts';
import { isStorableJson } from '../../../platform/packing/packing.ts';
import {
  countInvitations,
  findCampaigns,
  findInvitation,
  type Invitation,
  listInvitations,
} from '../../../records/invitations/invitations.ts';
import type { Job } from '../../../records/jobs/jobs.ts';
import { latestMessages } from '../../../records/messages/messages.ts';
import { countSegments } from '../../../records/segments/segments.ts';
import {
  type Api,
  badRequest,
  checkpointPage,
  checkpointQuery,
  customDomainOf,
  expiredCursor,
  idParams,
  linkOrigin,
  notFound,
  offsetPage,
  oneOf,
  pageOf,
  pageQuery,
  pagingOf,
  route,
} from '../route/route.ts';
import { requireScopesOfPlan, toPlan } from './invitation-plan.ts';
import {
  includesActive,
  inviteBody,
  planOf,
  previewSchema,
  sourceOf,
  startedSchema,
} from './invitation-request.ts';
import {
  INVITATION_STATES,
  invitationSchema,
  leftOutOf,
  toWireInvitation,
  toWirePreview,
  toWireResult,
} from './invitation-wire.ts';
import { readSource } from './people-source.ts';

export type InvitationDeps = SendInvitationsDeps & ManageInvitationsDeps;

// Enough for 100,000 recipients with some metadata each.
const BODY_LIMIT = 64 * 1024 * 1024;
// A deeper page costs more and more. `from` costs the same at any depth.
const DEEPEST = 10_000;
const SHOWN_REFUSALS = 100;

const listQuery = Type.Object({
  ...pageQuery,
  ...checkpointQuery,
  state: Type.Optional(oneOf(INVITATION_STATES, { description: 'Only invitations in this state' })),
  email: Type.Optional(Type.String({ description: 'Only invitations to this email address' })),
  job_id: Type.Optional(Type.String({ description: 'Only invitations of this job' })),
  client_id: Type.Optional(Type.String({ description: 'Only invitations to this application' })),
  organization_id: Type.Optional(
    Type.String({ description: 'Only invitations to this organization' }),
  ),
  renewed: Type.Optional(
    Type.Boolean({
      description:
        'Only invitations whose person has requested a new link, or with `false` only the others',
    }),
  ),
});

/** /invitations: invitations and their state. */
export function invitationRoutes(api: Api, deps: InvitationDeps): void {
  const { db } = deps;

  route(api, {
    method: 'POST',
    url: '/invitations',
    scopes: ['create:invitations'],
    summary: 'Invite people',
    description:
      'Invites up to 100,000 people in one request. People without an account get one, without a password. People with an ' +
      'open invitation to the same application are not invited again. Usher sends the emails in the background.',
    tags: ['invitations'],
    body: inviteBody,
    bodyLimit: BODY_LIMIT,
    response: {
      200: previewSchema,
      202: startedSchema,
    },
    async handler({ body, reply, request, caller }) {
      const { recipients: _, ...shared } = body;
      requireScopesOfPlan(caller, planOf(body));
      if (!isStorableJson(shared)) {
        throw badRequest("Payload validation error: 'Contains characters that cannot be stored'.");
      }
      const { connection, source } = await readSource(db, sourceOf(body));
      const {
        clientId,
        plan: asked,
        warnings,
      } = await toPlan(db, planOf(body), {
        connectionId: connection.id,
      });
      const includeActive = includesActive(body);
      if (body.dry_run === true) {
        for (const other of ['return_links', 'idempotency_key'] as const) {
          if (body[other] === undefined) continue;
          throw badRequest(
            `Payload validation error: 'dry_run' cannot be combined with '${other}'.`,
          );
        }
        const request = {
          connectionId: connection.id,
          source,
          clientId,
          includeActive,
          plan: asked,
        };
        return toWirePreview(await previewInvitations(deps, request), { clientId, warnings });
      }
      const customDomain = customDomainOf(request);
      const plan = { ...asked, ...(customDomain !== undefined && { customDomain }) };
      if (body.return_links === true) {
        if (source.kind !== 'list') {
          throw badRequest("Payload validation error: 'return_links' requires 'recipients'.");
        }
        // A repeat could not be answered: no job is kept, and links are shown only once.
        if (body.idempotency_key !== undefined) {
          throw badRequest(
            "Payload validation error: 'return_links' cannot be combined with 'idempotency_key'.",
          );
        }
        const { rows } = source;
        const origin = { publicUrl: await linkOrigin(deps, request) };
        reply.code(200).type('application/x-ndjson; charset=utf-8');
        const wanted = { connection, rows, clientId, plan, includeActive };
        return Readable.from(lines(inviteForLinks({ ...deps, ...origin }, wanted)));
      }
      const job = await submitPeopleJob(deps, {
        connection,
        source,
        errand: { kind: 'invite', clientId, plan, includeActive },
        idempotencyKey: body.idempotency_key ?? null,
      });
      reply.code(202);
      return { ...(await toWireStart(deps, job)), ...(warnings.length > 0 && { warnings }) };
    },
  });

  route(api, {
    method: 'GET',
    url: '/invitations',
    scopes: ['read:invitations'],
    summary: 'List invitations',
    description:
      'Returns the newest invitation first. Pages by number reach the newest 10,000 invitations. Pages by checkpoint ' +
      '(`take`, then `from`) reach all. Totals above 10,000 can be up to 30 seconds old.',
    tags: ['invitations'],
    query: listQuery,
    response: { 200: pageOf('invitations', invitationSchema) },
    async handler({ query }) {
      const filters = {
        state: query.state,
        email: query.email === undefined ? undefined : (canonicalEmail(query.email) ?? query.email),
        jobId: query.job_id,
        clientId: query.client_id,
        organizationId: query.organization_id,
        isRenewed: query.renewed,
        now: deps.clock.now(),
      };
      const paging = pagingOf(query);
      if (paging.kind === 'checkpoint') {
        const last = paging.afterId === null ? null : await findInvitation(db, paging.afterId);
        if (paging.afterId !== null && last === null) throw expiredCursor();
        const found = await listInvitations(db, {
          ...filters,
          offset: 0,
          limit: paging.limit + 1,
          after: last ?? undefined,
        });
        const wire = await toWireMany(deps, found);
        return checkpointPage(
          paging,
          'invitations',
          wire,
          (each) => each.id,
          (each) => each,
        );
      }
      if (paging.offset + paging.limit > DEEPEST) {
        throw badRequest(
          `Requesting page exceeds the allowed maximum of ${DEEPEST} records; use take and from.`,
          'invalid_paging',
        );
      }
      const found = await listInvitations(db, { ...filters, ...paging });
      const total = paging.totals ? await countInvitations(db, filters) : 0;
      return offsetPage(paging, 'invitations', await toWireMany(deps, found), total);
    },
  });

  route(api, {
    method: 'GET',
    url: '/invitations/:id',
    scopes: ['read:invitations'],
    summary: 'Get an invitation',
    tags: ['invitations'],
    params: idParams('ID of the invitation'),
    response: { 200: invitationSchema },
    async handler({ params }) {
      const found = await findInvitation(db, params.id);
      if (!found) throw notFound('The invitation does not exist.', 'inexistent_invitation');
      return (await toWireMany(deps, [found]))[0];
    },
  });

  route(api, {
    method: 'POST',
    url: '/invitations/:id/resend',
    scopes: ['create:invitations'],
    summary: 'Send an invitation again',
    description:
      'Sends the same link in a new email. If the link has expired, makes a new link and ends the old one.',
    tags: ['invitations'],
    params: idParams('ID of the invitation'),
    response: { 202: invitationSchema },
    async handler({ params }) {
      const invitation = await resendInvitation(deps, params.id);
      return (await toWireMany(deps, [invitation]))[0];
    },
  });

  route(api, {
    method: 'DELETE',
    url: '/invitations/:id',
    scopes: ['delete:invitations'],
    summary: 'Revoke an invitation',
    description: 'Ends the link at once. An email that has not been sent yet is not sent.',
    tags: ['invitations'],
    params: idParams('ID of the invitation'),
    response: { 204: null },
    async handler({ params }) {
      await endInvitation(deps, params.id);
    },
  });
}

async function* lines(batches: ReturnType<typeof inviteForLinks>): AsyncGenerator<string> {
  for await (const batch of batches) {
    yield batch
      .map((each) => {
        const line = { ...toWireResult(each), ...(each.link !== null && { link: each.link }) };
        return `${JSON.stringify(line)}\n`;
      })
      .join('');
  }
}

async function toWireStart(deps: InvitationDeps, job: Job) {
  const counts = await countSegments(deps.db, job.id);
  const refused = counts.failed > 0 ? await refusedRows(deps.db, job.id, SHOWN_REFUSALS) : [];
  return {
    id: job.id,
    type: job.type,
    status: job.status,
    ...(job.connectionId !== null && { connection_id: job.connectionId }),
    ...(job.connectionName !== null && { connection: job.connectionName }),
    created_at: job.createdAt.toISOString(),
    summary: {
      total: Math.max(job.totalRows, counts.rowsDone),
      invited: counts.invited,
      already_invited: counts.already,
      left_out: leftOutOf(counts),
      refused: counts.failed,
    },
    refused: refused.map(toWireResult),
  };
}

async function toWireMany(deps: InvitationDeps, found: Invitation[]) {
  const now = deps.clock.now();
  const campaignIds = [...new Set(found.map((invitation) => invitation.campaignId))];
  const campaigns = new Map(
    (await findCampaigns(deps.db, campaignIds)).map((campaign) => [campaign.id, campaign]),
  );
  const messages = await latestMessages(
    deps.db,
    found.map((invitation) => invitation.id),
  );
  return found.map((invitation) =>
    toWireInvitation({
      invitation,
      campaign: campaigns.get(invitation.campaignId),
      message: messages.get(invitation.id),
      now,
    }),
  );
}
