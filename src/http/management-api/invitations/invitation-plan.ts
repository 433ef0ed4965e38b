import { type Static, Type } from 'typebox';
import {
  chooseApplication,
  type InvitationWarning,
} from '../../../flows/send-invitations/send-invitations.ts';
import type { Db } from '../../../platform/db/db.ts';
import { parseJson } from '../../../platform/json/json.ts';
import {
  type CampaignPlan,
  DEFAULT_INVITATION_TTL_SECONDS,
} from '../../../records/invitations/invitations.ts';
import { missingRoles } from '../../../records/roles/roles.ts';
import { refuseReserved } from '../metadata/metadata.ts';
import { badRequest, closed, freeObject, nullable, oneOf, validatorFor } from '../route/route.ts';

/** Wire properties that all invitations of one request share. */
export const planProperties = {
  client_id: Type.Optional(
    nullable(
      Type.String({
        description:
          'ID of the application that people are invited to. They arrive there signed in. `null` means no application. Default: ' +
          'the application that uses the connection, if there is only one. If several applications use the connection, ' +
          '`client_id` or `result_url` is required.',
      }),
    ),
  ),
  ttl_sec: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 31_536_000,
      description: 'Lifetime of the link, in seconds. Default, also for 0: 604800 (7 days).',
    }),
  ),
  result_url: Type.Optional(
    Type.String({
      format: 'callback-url',
      description: 'URL to which people are redirected after they set their password',
    }),
  ),
  include_email_in_redirect: Type.Optional(
    Type.Boolean({
      description: 'Whether Usher adds the email address to `result_url`. Default: `true`.',
    }),
  ),
  roles: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
      maxItems: 50,
      uniqueItems: true,
      description: 'IDs of the roles that people get when they accept',
    }),
  ),
  invitee_may: Type.Optional(
    oneOf(['any_proof', 'link_only'], {
      description:
        'Ways to accept the invitation. `link_only`: with the link only. `any_proof`: also by signing in to the application ' +
        'when the invited email address has been verified in another way, such as a password reset email. Default: `any_proof`.',
    }),
  ),
  app_metadata: Type.Optional(
    freeObject('Metadata that Usher merges into `app_metadata` when the person accepts'),
  ),
  user_metadata: Type.Optional(
    freeObject('Metadata that Usher merges into `user_metadata` when the person accepts'),
  ),
  template_data: Type.Optional(freeObject('Variables for the email template')),
  inviter: Type.Optional(
    closed(
      { name: Type.String({ minLength: 1, maxLength: 300 }) },
      { description: 'Person who invites' },
    ),
  ),
};

/** Problems that do not stop the request, for the caller to read. Absent if there are none. */
export const warningsSchema = Type.Optional(
  Type.Array(Type.Object({ code: Type.String(), message: Type.String() }), {
    description:
      'Problems that do not stop the request, such as an invitation without an application',
  }),
);

const planSchema = closed(planProperties);
const checkPlan = validatorFor(planSchema, 'body');

export type WirePlan = Static<typeof planSchema>;

export type ReadPlan = {
  clientId: string | null;
  plan: CampaignPlan;
  /** Warnings for the caller, returned before or with the first mail. */
  warnings: InvitationWarning[];
};

/**
 * @throws ApiError 400 if the application or a role does not exist, or if the request does not determine the application
 */
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
      ttlSec: wire.ttl_sec || DEFAULT_INVITATION_TTL_SECONDS,
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

/**
 * Reads the `send_invitations` part of an import. Absent or `false`: no invitations. `true`: invitations with defaults.
 * Otherwise a plan as JSON.
 */
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
      "Payload validation error: 'Expected true, false or a JSON object' on property send_invitations.",
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
    `Several applications use the connection: ${named}. Set client_id to one of them, or to null for none.`,
    'client_id_required',
  );
}
