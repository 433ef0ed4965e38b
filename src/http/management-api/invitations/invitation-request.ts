import { type Static, Type } from 'typebox';
import { badRequest, closed, nullable, timestamp } from '../route/route.ts';
import { warningsSchema } from './invitation-plan.ts';
import { sourceProperties } from './people-source.ts';
import { planProperties } from './plan-properties.ts';

/** Body of POST /invitations. */
export const inviteBody = closed({
  ...sourceProperties,
  ...planProperties,
  idempotency_key: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 255,
      description:
        'Key that makes the request safe to repeat. A repeat with the same key and body returns the first job. Cannot be ' +
        'combined with `return_links`.',
    }),
  ),
  include_active: Type.Optional(
    Type.Boolean({
      description:
        'Whether to invite people who can already sign in, or have declined: people who have a password, have signed in, or have ' +
        'accepted or declined an invitation to the application. Default: `true` with `recipients` or `job_id`, `false` with `search`.',
    }),
  ),
  dry_run: Type.Optional(
    Type.Boolean({
      description:
        'With `true`, Usher invites nobody and writes nothing. The response has status 200. It lists the people who would be ' +
        'invited, and counts the people left out by reason.',
    }),
  ),
  return_links: Type.Optional(
    Type.Boolean({
      description:
        'With `true`, Usher sends no email. The response is NDJSON: one line for each recipient, with the link. The links ' +
        'cannot be read later.',
    }),
  ),
});

const resultSchema = Type.Object({
  row_number: Type.Integer({ description: 'Position of the recipient, from 1' }),
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

/** Response to a dry run. */
export const previewSchema = Type.Object(
  {
    dry_run: Type.Literal(true),
    client_id: nullable(
      Type.String({ description: 'ID of the application that people would be invited to' }),
    ),
    summary: Type.Object({
      total: Type.Integer({ description: 'Number of people considered' }),
      would_invite: Type.Integer(),
      already_invited: Type.Integer({
        description: 'Number of people who have an open invitation that still works',
      }),
      left_out: Type.Object(
        {
          has_password: Type.Integer(),
          has_logged_in: Type.Integer(),
          has_accepted: Type.Integer(),
          has_declined: Type.Integer(),
        },
        {
          description:
            'Number of people who can already sign in, or have declined, by the first reason that applies',
        },
      ),
      refused: Type.Integer(),
    }),
    people: Type.Array(
      Type.Object({ email: Type.String(), user_id: Type.Optional(Type.String()) }),
      {
        description:
          'The first people who would be invited. People without a `user_id` have no account yet.',
      },
    ),
    warnings: warningsSchema,
    refused: Type.Array(resultSchema, {
      description: 'The first recipients that were refused, with the reasons',
    }),
  },
  {
    description:
      'With `dry_run`, the result that the request would have. With `return_links`, the response is NDJSON instead: one ' +
      'line for each recipient, with the link.',
  },
);

/** Response to POST /invitations. */
export const startedSchema = Type.Object({
  id: Type.String({ description: 'ID of the job. Get its progress at GET /jobs/{id}.' }),
  type: Type.String(),
  status: Type.String(),
  connection_id: Type.Optional(Type.String()),
  connection: Type.Optional(Type.String()),
  created_at: timestamp('When the request was made'),
  summary: Type.Object({
    total: Type.Integer({ description: 'Number of recipients known so far' }),
    invited: Type.Integer(),
    already_invited: Type.Integer(),
    left_out: Type.Integer({
      description: 'Number of people left out because they can already sign in, or have declined',
    }),
    refused: Type.Integer(),
  }),
  warnings: warningsSchema,
  refused: Type.Array(resultSchema, {
    description:
      'The first recipients that were refused, with the reasons. All of them are at GET /jobs/{id}/errors.',
  }),
});

type InviteBody = Static<typeof inviteBody>;

/** The part of the body that says which people to invite. */
export function sourceOf(body: InviteBody) {
  const { recipients, job_id, search, connection, connection_id, connections, create_user } = body;
  return { recipients, job_id, search, connection, connection_id, connections, create_user };
}

/**
 * Whether to invite people who can already sign in. Default: yes if the request names the people, no if it searches for
 * them, unless they get everything at once.
 * @throws ApiError 400
 */
export function includesActive(body: InviteBody): boolean {
  if (body.include_active === false && body.existing_users === 'grant') {
    throw badRequest(
      "Payload validation error: 'existing_users: grant' is for people whom 'include_active: false' leaves out.",
    );
  }
  return body.include_active ?? (body.search === undefined || body.existing_users === 'grant');
}

/** The part of the body that says how to invite. */
export function planOf(body: InviteBody) {
  const {
    recipients: _,
    job_id: _j,
    search: _s,
    connection: _c,
    connection_id: _i,
    ...rest
  } = body;
  const { idempotency_key: _k, return_links: _l, include_active: _a, dry_run: _d, ...plan } = rest;
  return plan;
}
