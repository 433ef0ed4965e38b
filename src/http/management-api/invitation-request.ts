import { type Static, Type } from 'typebox';
import { planProperties } from './invitation-plan.ts';
import { sourceProperties } from './people-source.ts';
import { closed, timestamp } from './wire.ts';

/** Body of POST /invitations. */
export const inviteBody = closed({
  ...sourceProperties,
  ...planProperties,
  idempotency_key: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 255,
      description:
        'A repeat with the same key and body answers with the first job. Not with return_links',
    }),
  ),
  return_links: Type.Optional(
    Type.Boolean({
      description:
        'true: no mail is sent; the answer is NDJSON, a line with the link for each recipient. The only moment a link can be read',
    }),
  ),
});

const resultSchema = Type.Object({
  row_number: Type.Integer({ description: 'From 1' }),
  email: Type.Optional(Type.String()),
  user_id: Type.Optional(Type.String()),
  invitation_id: Type.Optional(Type.String()),
  status: Type.String(),
  errors: Type.Optional(
    Type.Array(
      Type.Object({
        code: Type.String(),
        message: Type.String(),
        path: Type.Optional(Type.String()),
      }),
    ),
  ),
});

/** Its answer. */
export const startedSchema = Type.Object({
  id: Type.String({ description: 'ID of the job; watch it at GET /jobs/{id}' }),
  type: Type.String(),
  status: Type.String(),
  connection_id: Type.Optional(Type.String()),
  connection: Type.Optional(Type.String()),
  created_at: timestamp('When it was asked for'),
  summary: Type.Object({
    total: Type.Integer({ description: 'Recipients, as far as known' }),
    invited: Type.Integer(),
    already_invited: Type.Integer(),
    refused: Type.Integer(),
  }),
  refused: Type.Array(resultSchema, {
    description: 'The first of those refused, and why; all of them at GET /jobs/{id}/errors',
  }),
});

type InviteBody = Static<typeof inviteBody>;

/** Who is invited. */
export function sourceOf(body: InviteBody) {
  const { recipients, job_id, search, connection, connection_id } = body;
  return { recipients, job_id, search, connection, connection_id };
}

/** How they are invited. */
export function planOf(body: InviteBody) {
  const {
    recipients: _,
    job_id: _j,
    search: _s,
    connection: _c,
    connection_id: _i,
    ...rest
  } = body;
  const { idempotency_key: _k, return_links: _l, ...plan } = rest;
  return plan;
}
