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
    Type.String({ format: 'url', description: 'Where the user goes after using the link' }),
  ),
  client_id: Type.Optional(Type.String({ description: 'ID of the client' })),
  organization_id: Type.Optional(
    Type.String({ maxLength: 50, pattern: '^org_[A-Za-z0-9]{16}$', description: 'Organization' }),
  ),
  ttl_sec: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: LONGEST_SECONDS,
      description: 'How long the link works, in seconds. 0 or absent: 432000, five days',
    }),
  ),
  includeEmailInRedirect: Type.Optional(
    Type.Boolean({ description: 'Whether result_url is told the e-mail; true unless told' }),
  ),
};

const identityOf = <const T extends readonly string[]>(providers: T) =>
  Type.Optional(
    closed(
      {
        user_id: Type.String({ minLength: 1, description: 'The part after `auth0|`' }),
        provider: oneOf(providers, { description: 'The identity provider' }),
        connection_id: Type.Optional(
          Type.String({ pattern: '^con_[A-Za-z0-9]{16}$', description: 'Its connection' }),
        ),
      },
      { description: 'The identity the link is for; must be one of the user' },
    ),
  );

const passwordChangeBody = closed({
  user_id: Type.Optional(Type.String({ minLength: 1, description: 'ID of the user' })),
  connection_id: Type.Optional(
    Type.String({ pattern: '^con_[A-Za-z0-9]{16}$', description: 'Connection; with email' }),
  ),
  email: Type.Optional(Type.String({ format: 'email', description: 'With connection_id' })),
  mark_email_as_verified: Type.Optional(
    Type.Boolean({ description: 'Setting the password also verifies the e-mail' }),
  ),
  identity: identityOf(['auth0']),
  ...common,
});

const emailVerificationBody = closed({
  user_id: Type.String({ minLength: 1, description: 'ID of the user' }),
  identity: identityOf(STRATEGIES),
  ...common,
});

const ticketSchema = Type.Object({ ticket: Type.String({ description: 'The link, for one use' }) });

/** /tickets: one-time links that the caller brings to people itself. */
export function ticketRoutes(api: Api, deps: IssueTicketDeps): void {
  route(api, {
    method: 'POST',
    url: '/tickets/password-change',
    scopes: ['create:user_tickets'],
    summary: 'Create a password change ticket',
    description:
      'Returns a link with which the user sets a password. No mail is sent. Earlier links of the user stop working.',
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
    description: 'Returns a link with which the user verifies their e-mail. No mail is sent.',
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
    ttlSec: body.ttl_sec,
    includeEmailInRedirect: body.includeEmailInRedirect,
    identity: body.identity && {
      id: `${body.identity.provider}|${body.identity.user_id}`,
      connectionId: body.identity.connection_id,
    },
  };
}
