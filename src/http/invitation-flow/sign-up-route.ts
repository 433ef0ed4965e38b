import type { FastifyReply, FastifyRequest } from 'fastify';
import { signUp } from '../../flows/sign-up/sign-up.ts';
import { canonicalEmail } from '../../platform/email-address/email-address.ts';
import {
  type Connection,
  databasesOfClient,
  identifiersOf,
} from '../../records/connections/connections.ts';
import type { InvitationFlowDeps } from './deps.ts';
import { FlowProblem } from './flow-problem.ts';
import { bodyOf, textOf } from './request-body.ts';

const NAME_LENGTH = 300;

/**
 * Asks for an account on a page of the application. Every address gets the same answer after the same time, and only a mail to it says
 * more: a link that confirms the address, or that it has an account already.
 * @param permit refuses pages that the application has not registered
 */
export async function askForSignUp(
  deps: InvitationFlowDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  permit: (request: FastifyRequest, reply: FastifyReply, clientId: string) => Promise<void>,
): Promise<Record<string, unknown>> {
  const body = bodyOf(request);
  const clientId = textOf(body, 'client_id', 100);
  await permit(request, reply, clientId);
  const typed = textOf(body, 'email', NAME_LENGTH);
  const password = textOf(body, 'password');
  const nameOf = (field: string) => textOf(body, field, NAME_LENGTH, '') || null;
  const names = {
    name: nameOf('name'),
    givenName: nameOf('given_name'),
    familyName: nameOf('family_name'),
    nickname: nameOf('nickname'),
  };
  const state = { state: 'credential', next: ['sign-up'] };
  const email = canonicalEmail(typed);
  if (email === null) throw new FlowProblem(422, 'invalid_email', { state });
  const asked = nameOf('connection');
  const connection = (await databasesOfClient(deps.db, clientId)).find(
    (each) => (asked === null || each.name === asked) && takesAddressAlone(each),
  );
  if (connection === undefined) throw new FlowProblem(403, 'sign_up_disabled');
  const person = { ...names, email, password, clientId, ip: request.ip };
  const outcome = await signUp(deps, { ...person, connection, onlyMailTells: true });
  switch (outcome.kind) {
    case 'disabled':
      throw new FlowProblem(403, 'sign_up_disabled');
    case 'throttled':
      throw new FlowProblem(429, 'too_many_requests', { ...outcome, state });
    case 'refused':
      throw new FlowProblem(422, 'password_refused', { password: outcome.why.kind, state });
    default:
      return { state: 'mail_sent', next: [] };
  }
}

/** Returns whether people can sign up with an email address and nothing else. */
function takesAddressAlone(connection: Connection): boolean {
  const { email, username, phoneNumber } = identifiersOf(connection);
  const needsMore = username.signup === 'required' || phoneNumber.signup === 'required';
  return email.signup !== 'inactive' && !needsMore;
}
