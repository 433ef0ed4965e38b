import { type Static, Type } from 'typebox';
import { closed, nullable, timestamp } from '../route/route.ts';
import { planProperties, warningsSchema } from './invitation-plan.ts';
import { sourceProperties } from './people-source.ts';

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
  include_active: Type.Optional(
    Type.Boolean({
      description:
        'Whether people who can already sign in are invited: they have a password, have logged in, or have accepted an invitation to the application. Unless told: with `recipients` and `job_id`, which name people, yes; with `search`, no',
    }),
  ),
  dry_run: Type.Optional(
    Type.Boolean({
      description:
        'true: nobody is invited and nothing is written; the answer is 200 and says who would be invited, and how many are left out and why',
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

/** The answer to a dry run. */
export const previewSchema = Type.Object(
  {
    dry_run: Type.Literal(true),
    client_id: nullable(Type.String({ description: 'The application people would be invited to' })),
    summary: Type.Object({
      total: Type.Integer({ description: 'People looked at' }),
      would_invite: Type.Integer(),
      already_invited: Type.Integer({ description: 'Their open invitation still works' }),
      left_out: Type.Object(
        {
          has_password: Type.Integer(),
          has_logged_in: Type.Integer(),
          has_accepted: Type.Integer(),
        },
        { description: 'People who can already sign in, by the first reason that fits' },
      ),
      refused: Type.Integer(),
    }),
    people: Type.Array(
      Type.Object({ email: Type.String(), user_id: Type.Optional(Type.String()) }),
      {
        description:
          'The first of those who would be invited; without user_id they have no account yet',
      },
    ),
    warnings: warningsSchema,
    refused: Type.Array(resultSchema, { description: 'The first of those refused, and why' }),
  },
  {
    description:
      'With dry_run: what would happen. With return_links it is NDJSON instead, a line with the link for each recipient',
  },
);

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
    left_out: Type.Integer({ description: 'People who can already sign in' }),
    refused: Type.Integer(),
  }),
  warnings: warningsSchema,
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

/** Whether people who can already sign in are invited: those whom a request names, but not all whom it finds. */
export function includesActive(body: InviteBody): boolean {
  return body.include_active ?? body.search === undefined;
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
  const { idempotency_key: _k, return_links: _l, include_active: _a, dry_run: _d, ...plan } = rest;
  return plan;
}
