import { type Static, Type } from 'typebox';
import type { Db } from '../../platform/db/db.ts';
import { parseJson } from '../../platform/json/json.ts';
import { findClient } from '../../records/clients/clients.ts';
import {
  type CampaignPlan,
  DEFAULT_INVITATION_TTL_SEC,
} from '../../records/invitations/invitations.ts';
import { missingRoles } from '../../records/roles/roles.ts';
import { badRequest } from './errors.ts';
import { refuseReserved } from './user-wire.ts';
import { validatorFor } from './validation.ts';
import { closed, freeObject } from './wire.ts';

/** What all invitations of one request have in common, as the wire has it. */
export const planProperties = {
  client_id: Type.Optional(
    Type.String({
      description: 'The application people are invited to; they arrive there signed in',
    }),
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
  app_metadata: Type.Optional(freeObject('Merged into app_metadata on acceptance')),
  user_metadata: Type.Optional(freeObject('Merged into user_metadata on acceptance')),
  template_data: Type.Optional(freeObject('Variables for the mail template')),
  inviter: Type.Optional(
    closed({ name: Type.String({ minLength: 1, maxLength: 300 }) }, { description: 'Who invites' }),
  ),
};

const planSchema = closed(planProperties);
const checkPlan = validatorFor(planSchema, 'body');

export type WirePlan = Static<typeof planSchema>;

/** @throws ApiError 400 when the application or a role does not exist */
export async function toPlan(
  db: Db,
  wire: WirePlan,
): Promise<{ clientId: string | null; plan: CampaignPlan }> {
  if (wire.client_id !== undefined && !(await findClient(db, wire.client_id))) {
    throw badRequest('The client does not exist', 'inexistent_client');
  }
  const [missing] = await missingRoles(db, wire.roles ?? []);
  if (missing !== undefined) {
    throw badRequest(`The role ${missing} does not exist.`);
  }
  refuseReserved(wire.app_metadata);
  return {
    clientId: wire.client_id ?? null,
    plan: {
      ttlSec: wire.ttl_sec || DEFAULT_INVITATION_TTL_SEC,
      markEmailVerified: true,
      ...(wire.result_url !== undefined && { resultUrl: wire.result_url }),
      ...(wire.include_email_in_redirect !== undefined && {
        includeEmailInRedirect: wire.include_email_in_redirect,
      }),
      ...(wire.roles && { roles: wire.roles }),
      ...(wire.app_metadata && { appMetadata: wire.app_metadata }),
      ...(wire.user_metadata && { userMetadata: wire.user_metadata }),
      ...(wire.template_data && { templateData: wire.template_data }),
      ...(wire.inviter && { inviter: wire.inviter }),
    },
  };
}

/** The `send_invitations` part of an import: absent or `false`: nobody is invited; `true`: with defaults; else a plan. */
export async function readInvitationPlan(db: Db, text: string | undefined) {
  if (text === undefined || text === '' || text === 'false') return null;
  if (text === 'true') return toPlan(db, {});
  let wire: unknown;
  try {
    wire = parseJson(text);
  } catch {
    throw badRequest(
      "Payload validation error: 'Not true, false or a JSON object' on property send_invitations.",
    );
  }
  checkPlan(wire);
  return toPlan(db, wire as WirePlan);
}
