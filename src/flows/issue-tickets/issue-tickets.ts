import type { Clock } from '../../platform/clock/clock.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import { Refusal } from '../../platform/refusal/refusal.ts';
import { findClient } from '../../records/clients/clients.ts';
import { findConnection } from '../../records/connections/connections.ts';
import { findOrganization, isMember } from '../../records/organizations/organizations.ts';
import { issueTicket, type TicketKind, ticketUrl } from '../../records/tickets/tickets.ts';
import {
  findAccount,
  findAccountByEmail,
  findUser,
  holdUsers,
  type User,
} from '../../records/users/users.ts';
import { refuseUselessRenewal } from '../../steps/limit-link-requests/limit-link-requests.ts';
import { refuseProtected } from '../../steps/refuse-protected/refuse-protected.ts';

export type IssueTicketDeps = {
  db: Db;
  clock: Clock;
  ticketKey: Buffer;
  /** Without a trailing slash. */
  publicUrl: string;
};

export type TicketRequest = {
  kind: TicketKind;
  person: { userId: string } | { connectionId: string; email: string };
  /** The user's own id or the id of a linked identity, and the connection that must hold it. */
  identity?: { id: string; connectionId?: string | undefined } | undefined;
  resultUrl?: string | undefined;
  clientId?: string | undefined;
  /** The redirect to the application names this organization. */
  organizationId?: string | undefined;
  /** Lifetime in seconds. `0` or absent means 5 days. */
  ttlSeconds?: number | undefined;
  markEmailAsVerified?: boolean | undefined;
  includeEmailInRedirect?: boolean | undefined;
  /** Whether the person may request a new link by mail in place of this one. Default: false, because callers send their own mails. */
  renewable?: boolean | undefined;
};

/**
 * Issues a one-time link and returns it. The link cannot be read again. No mail is sent. The user's older link of the same kind stops
 * working.
 * @throws Refusal if the user, the application or the connection does not exist
 */
export async function issueTicketLink(
  deps: IssueTicketDeps,
  request: TicketRequest,
): Promise<string> {
  const { db } = deps;
  refuseProtected({ ...request.person, clientId: request.clientId });
  const person = await findPerson(db, request);
  const user = await identityOf(db, request, person);
  if (user.email === null) {
    throw new Refusal('invalid_body', 'The user does not have an email address.');
  }
  if (request.clientId !== undefined && !(await findClient(db, request.clientId))) {
    throw new Refusal('invalid_body', 'The client does not exist');
  }
  const { organizationId = null } = request;
  if (organizationId !== null) await refuseStranger(db, organizationId, person);
  const connection = await findConnection(db, user.connectionId);
  // An email verification ticket that names an identity needs no database connection: other connections have addresses to confirm too.
  const isNamed = request.kind === 'email-verification' && request.identity !== undefined;
  if (connection !== null && connection.strategy !== 'auth0' && !isNamed) {
    throw new Refusal(
      'invalid_body',
      "The user's main connection does not support this operation.",
    );
  }
  if (request.renewable && request.kind === 'password-change' && connection !== null) {
    refuseUselessRenewal(connection);
  }
  const issued = await transaction(db, async (tx) => {
    if (!(await holdUsers(tx, [user.id])).has(user.id)) throw noUser();
    return issueTicket(tx, {
      kind: request.kind,
      userId: user.id,
      email: user.email,
      clientId: request.clientId ?? null,
      organizationId,
      resultUrl: request.resultUrl ?? null,
      ttlSeconds: request.ttlSeconds,
      markEmailAsVerified: request.markEmailAsVerified ?? false,
      includeEmailInRedirect: request.includeEmailInRedirect ?? true,
      renewable: request.renewable ?? false,
      ticketKey: deps.ticketKey,
      now: deps.clock.now(),
    });
  });
  return ticketUrl(deps.publicUrl, request.kind, issued.secret);
}

/** @throws Refusal if the organization does not exist, or the user does not belong to it */
async function refuseStranger(db: Db, organizationId: string, person: User): Promise<void> {
  if (!(await findOrganization(db, organizationId))) {
    throw new Refusal('invalid_body', 'The organization does not exist');
  }
  const userId = person.linkedTo ?? person.id;
  if (await isMember(db, { organizationId, userId })) return;
  throw new Refusal(
    'invalid_body',
    `The user with id ${userId} is not a member of organization with id ${organizationId}.`,
  );
}

async function findPerson(db: Db, { person }: TicketRequest): Promise<User> {
  if ('connectionId' in person && !(await findConnection(db, person.connectionId))) {
    throw new Refusal(
      'invalid_body',
      `The connection with id ${person.connectionId} does not exist.`,
    );
  }
  const user =
    'userId' in person ? await findUser(db, person.userId) : await findAccountByEmail(db, person);
  if (user === null) throw noUser();
  return user;
}

function noUser(): Refusal {
  return new Refusal('user_not_found', 'The user does not exist.');
}

/** Returns the identity that the link is for: the user's own, or one that is linked to the user. */
async function identityOf(db: Db, { identity }: TicketRequest, user: User): Promise<User> {
  if (identity === undefined) return user;
  const { id, connectionId } = identity;
  if (connectionId !== undefined && !(await findConnection(db, connectionId))) {
    throw new Refusal('invalid_body', 'Identity connection does not exist.');
  }
  const found = user.id === id ? user : await findAccount(db, id);
  const isTheirs = found !== null && (found.id === user.id || found.linkedTo === user.id);
  if (!isTheirs || (connectionId ?? found.connectionId) !== found.connectionId) {
    throw new Refusal('invalid_body', 'The user exists, but does not contain the given identity.');
  }
  return found;
}
