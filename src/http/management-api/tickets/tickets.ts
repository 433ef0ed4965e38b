import { type Static, Type } from 'typebox';
import {
  type IssueTicketDeps,
  issueTicketLink,
} from '../../../flows/issue-tickets/issue-tickets.ts';
import { STRATEGIES } from '../connections/connections.ts';
import {
  type Api,
  badRequest,
  closed,
  LONGEST_SECONDS,
  linkOrigin,
  oneOf,
  route,
} from '../route/route.ts';

const common = {
  result_url: Type.Optional(
    Type.String({
      format: 'url',
      description: 'URL to which the user is redirected after using the link',
    }),
  ),
  client_id: Type.Optional(Type.String({ description: 'ID of the application' })),
  organization_id: Type.Optional(
    Type.String({
      maxLength: 50,
      pattern: '^org_[A-Za-z0-9]{16}$',
      description: 'ID of the organization',
    }),
  ),
  ttl_sec: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: LONGEST_SECONDS,
      description: 'Lifetime of the link, in seconds. Default, also for 0: 432000 (5 days).',
    }),
  ),
  includeEmailInRedirect: Type.Optional(
    Type.Boolean({
      description: 'Whether Usher adds the email address to `result_url`. Default: `true`.',
    }),
  ),
  renewable: Type.Optional(
    Type.Boolean({
      description:
        'Whether the page of a link that has ended offers a new one. Usher then sends it by email, to the same address. ' +
        'Default: `false`.',
    }),
  ),
};

const identityOf = <const T extends readonly string[]>(providers: T) =>
  Type.Optional(
    closed(
      {
        user_id: Type.String({
          minLength: 1,
          description: 'ID of the user at the provider: the part after `auth0|`',
        }),
        provider: oneOf(providers, { description: 'Identity provider' }),
        connection_id: Type.Optional(
          Type.String({ pattern: '^con_[A-Za-z0-9]{16}$', description: 'ID of the connection' }),
        ),
      },
      { description: 'Identity for which the link is. It must belong to the user.' },
    ),
  );

const passwordChangeBody = closed({
  user_id: Type.Optional(Type.String({ minLength: 1, description: 'ID of the user' })),
  connection_id: Type.Optional(
    Type.String({
      pattern: '^con_[A-Za-z0-9]{16}$',
      description: 'ID of the connection. Requires `email`.',
    }),
  ),
  email: Type.Optional(
    Type.String({
      format: 'email',
      description: 'Email address of the user. Requires `connection_id`.',
    }),
  ),
  mark_email_as_verified: Type.Optional(
    Type.Boolean({ description: 'Whether setting the password also verifies the email address' }),
  ),
  identity: identityOf(['auth0']),
  ...common,
});

const emailVerificationBody = closed({
  user_id: Type.String({ minLength: 1, description: 'ID of the user' }),
  identity: identityOf(STRATEGIES),
  ...common,
});

const ticketSchema = Type.Object({
  ticket: Type.String({ description: 'The link. It works once.' }),
});

/** /tickets: one-time links that the caller sends to users. */
export function ticketRoutes(api: Api, deps: IssueTicketDeps): void {
  route(api, {
    method: 'POST',
    url: '/tickets/password-change',
    scopes: ['create:user_tickets'],
    summary: 'Create a password change ticket',
    description:
      'Returns a link with which the user sets a password. Usher sends no email. Earlier links of the user stop working.',
    tags: ['tickets'],
    body: passwordChangeBody,
    response: { 201: ticketSchema },
    async handler({ body, request }) {
      const publicUrl = await linkOrigin(deps, request);
      const ticket = await issueTicketLink(
        { ...deps, publicUrl },
        {
          kind: 'password-change',
          person: personOf(body),
          markEmailAsVerified: body.mark_email_as_verified,
          ...sharedOf(body),
        },
      );
      return { ticket };
    },
  });

  route(api, {
    method: 'POST',
    url: '/tickets/email-verification',
    scopes: ['create:user_tickets'],
    summary: 'Create an email verification ticket',
    description:
      'Returns a link with which the user verifies their email address. Usher sends no email.',
    tags: ['tickets'],
    body: emailVerificationBody,
    response: { 201: ticketSchema },
    async handler({ body, request }) {
      const publicUrl = await linkOrigin(deps, request);
      const ticket = await issueTicketLink(
        { ...deps, publicUrl },
        {
          kind: 'email-verification',
          person: { userId: body.user_id },
          ...sharedOf(body),
        },
      );
      return { ticket };
    },
  });
}

function personOf(body: Static<typeof passwordChangeBody>) {
  const { user_id: userId, connection_id: connectionId, email } = body;
  if (userId !== undefined) {
    if (connectionId !== undefined || email !== undefined) {
      throw badRequest(
        "Payload validation error: 'user_id' cannot be combined with 'connection_id' or 'email'.",
      );
    }
    return { userId };
  }
  if (body.identity !== undefined) {
    throw badRequest("Payload validation error: 'identity' requires 'user_id'.");
  }
  if (connectionId === undefined && email === undefined) {
    throw badRequest("Payload validation error: 'Missing required property: user_id'.");
  }
  if (connectionId === undefined) {
    throw badRequest("Payload validation error: 'Missing required property: connection_id'.");
  }
  if (email === undefined) {
    throw badRequest("Payload validation error: 'Missing required property: email'.");
  }
  return { connectionId, email };
}

function sharedOf(body: Static<typeof passwordChangeBody> | Static<typeof emailVerificationBody>) {
  if (body.organization_id !== undefined && body.result_url !== undefined) {
    throw badRequest(
      "Payload validation error: 'result_url' cannot be combined with 'organization_id'.",
    );
  }
  return {
    resultUrl: body.result_url,
    clientId: body.client_id,
    organizationId: body.organization_id,
    ttlSeconds: body.ttl_sec,
    includeEmailInRedirect: body.includeEmailInRedirect,
    renewable: body.renewable,
    identity: body.identity && {
      id: `${body.identity.provider}|${body.identity.user_id}`,
      connectionId: body.identity.connection_id,
    },
  };
}
