import { type Static, Type } from 'typebox';
import {
  chooseApplication,
  type InvitationWarning,
} from '../../../flows/send-invitations/send-invitations.ts';
import type { Db } from '../../../platform/db/db.ts';
import { parseJson } from '../../../platform/json/json.ts';
import {
  type CampaignPlan,
  DEFAULT_INVITATION_TTL_SEC,
} from '../../../records/invitations/invitations.ts';
import { missingRoles } from '../../../records/roles/roles.ts';
import { refuseReserved } from '../metadata/metadata.ts';
import { badRequest, closed, freeObject, nullable, oneOf, validatorFor } from '../route/route.ts';

/** What all invitations of one request have in common, as the wire has it. */
export const planProperties = {
  client_id: Type.Optional(
    nullable(
      Type.String({
        description:
          'The application people are invited to; they arrive there signed in. Absent: the only one that the connection serves; where there are several, one must be named, or a result_url. null: none',
      }),
    ),
  ),
  ttl_sec: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 31_536_000,
      description: 'How long the link works, in seconds; 0 or absent: seven days',
    }),
  ),
  result_url: Type.Optional(
    Type.String({
      format: 'callback-url',
      description: 'Where people go after setting their password',
    }),
  ),
  include_email_in_redirect: Type.Optional(
    Type.Boolean({ description: 'Whether result_url is told the e-mail; true unless told' }),
  ),
  roles: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
      maxItems: 50,
      uniqueItems: true,
      description: 'IDs of roles that people get on acceptance',
    }),
  ),
  invitee_may: Type.Optional(
    oneOf(['any_proof', 'link_only'], {
      description:
        'Whether somebody accepts also by signing in to the application with the invited address proved in another way, such as a new password that was asked for by mail; `any_proof` unless told',
    }),
  ),
  app_metadata: Type.Optional(freeObject('Merged into app_metadata on acceptance')),
  user_metadata: Type.Optional(freeObject('Merged into user_metadata on acceptance')),
  template_data: Type.Optional(freeObject('Variables for the mail template')),
  inviter: Type.Optional(
    closed({ name: Type.String({ minLength: 1, maxLength: 300 }) }, { description: 'Who invites' }),
  ),
};

/** What whoever invites should know; absent when there is nothing. */
export const warningsSchema = Type.Optional(
  Type.Array(Type.Object({ code: Type.String(), message: Type.String() }), {
    description: 'What will not work as it stands, such as an invitation to no application',
  }),
);

const planSchema = closed(planProperties);
const checkPlan = validatorFor(planSchema, 'body');

export type WirePlan = Static<typeof planSchema>;

export type ReadPlan = {
  clientId: string | null;
  plan: CampaignPlan;
  /** To be told before or with the first mail. */
  warnings: InvitationWarning[];
};

/** @throws ApiError 400 when the application or a role does not exist, or when it is unclear which application is meant */
export async function toPlan(
  db: Db,
  wire: WirePlan,
  { connectionId }: { connectionId: string },
): Promise<ReadPlan> {
  const { clientId, warnings } = await applicationOf(db, wire, connectionId);
  const [missing] = await missingRoles(db, wire.roles ?? []);
  if (missing !== undefined) {
    throw badRequest(`The role ${missing} does not exist.`);
  }
  refuseReserved(wire.app_metadata);
  return {
    clientId,
    warnings,
    plan: {
      ttlSec: wire.ttl_sec || DEFAULT_INVITATION_TTL_SEC,
      markEmailVerified: true,
      ...(wire.result_url !== undefined && { resultUrl: wire.result_url }),
      ...(wire.include_email_in_redirect !== undefined && {
        includeEmailInRedirect: wire.include_email_in_redirect,
      }),
      ...(wire.invitee_may === 'link_only' && { inviteeMay: wire.invitee_may }),
      ...(wire.roles && { roles: wire.roles }),
      ...(wire.app_metadata && { appMetadata: wire.app_metadata }),
      ...(wire.user_metadata && { userMetadata: wire.user_metadata }),
      ...(wire.template_data && { templateData: wire.template_data }),
      ...(wire.inviter && { inviter: wire.inviter }),
    },
  };
}

/** The `send_invitations` part of an import: absent or `false`: nobody is invited; `true`: with defaults; else a plan. */
export async function readInvitationPlan(
  db: Db,
  text: string | undefined,
  store: { connectionId: string },
): Promise<ReadPlan | null> {
  if (text === undefined || text === '' || text === 'false') return null;
  if (text === 'true') return toPlan(db, {}, store);
  let wire: unknown;
  try {
    wire = parseJson(text);
  } catch {
    throw badRequest(
      "Payload validation error: 'Not true, false or a JSON object' on property send_invitations.",
    );
  }
  checkPlan(wire);
  return toPlan(db, wire as WirePlan, store);
}

async function applicationOf(db: Db, wire: WirePlan, connectionId: string) {
  const leadsElsewhere = wire.result_url !== undefined;
  const choice = await chooseApplication(db, {
    asked: wire.client_id,
    connectionId,
    leadsElsewhere,
  });
  if (choice.kind === 'chosen') return choice;
  if (choice.kind === 'unknown') throw badRequest('The client does not exist', 'inexistent_client');
  const named = choice.clients.map(({ id, name }) => `${id} (${name})`).join(', ');
  throw badRequest(
    `The connection serves several applications: name one in client_id, or null for none: ${named}.`,
    'client_id_required',
  );
}
