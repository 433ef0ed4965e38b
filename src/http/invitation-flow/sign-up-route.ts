import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { askedFrom, proveCode } from '../../flows/passwordless/passwordless.ts';
import {
  beginPageSignUp,
  completePageSignUp,
  mailAnotherCode,
  type PageSignUp,
  viewPageSignUp,
} from '../../flows/sign-up/sign-up.ts';
import { canonicalEmail } from '../../platform/email-address/email-address.ts';
import {
  type Connection,
  databasesOfClient,
  identifiersOf,
} from '../../records/connections/connections.ts';
import { doneState } from './answers.ts';
import type { InvitationFlowDeps } from './deps.ts';
import { FlowProblem } from './flow-problem.ts';
import { bearerOf, bodyOf, codeOf, requestMarkOf, textOf } from './request-body.ts';

type Permit = (request: FastifyRequest, reply: FastifyReply, clientId: string) => Promise<void>;

const NAME_LENGTH = 300;
const LANGUAGE_LENGTH = 35;
const STATE = { state: 'sign_up_code', next: ['sign-up/verify', 'sign-up/code'] };

/**
 * Registers `/invitation-flow/sign-up` and its steps: an account made on a page of the application. Every address gets the same answer after
 * the same time, and only a mail to it says more: a code, or that it has an account already.
 * @param permit refuses pages that the application has not registered
 */
export function registerSignUpRoutes(
  app: FastifyInstance,
  deps: InvitationFlowDeps,
  permit: Permit,
): void {
  app.post('/sign-up', (request, reply) => begin(deps, request, reply, permit));

  const waiting = (
    handler: (request: FastifyRequest, signUp: PageSignUp) => Promise<Record<string, unknown>>,
  ) =>
    async function handle(request: FastifyRequest, reply: FastifyReply) {
      const secret = bearerOf(request);
      const signUp = secret === null ? null : await viewPageSignUp(deps, secret);
      if (signUp === null) throw new FlowProblem(401, 'unknown_flow');
      await permit(request, reply, signUp.clientId);
      return handler(request, signUp);
    };

  app.post(
    '/sign-up/code',
    waiting(async (request, signUp) => {
      const asking = { signUp, ip: request.ip, ...sendingOf(request) };
      const retryAfterSeconds = await mailAnotherCode(deps, asking);
      if (retryAfterSeconds === 0) return STATE;
      throw new FlowProblem(429, 'too_many_requests', { retryAfterSeconds, state: STATE });
    }),
  );
  app.post(
    '/sign-up/verify',
    waiting((request, signUp) => verify(deps, request, signUp)),
  );
}

async function begin(
  deps: InvitationFlowDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  permit: Permit,
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
  const person = { ...names, email };
  const { ip } = request;
  const sending = sendingOf(request);
  const outcome = await beginPageSignUp(deps, {
    connection,
    clientId,
    person,
    password,
    ip,
    ...sending,
  });
  switch (outcome.kind) {
    case 'denied':
      throw new FlowProblem(403, 'sign_up_denied');
    case 'disabled':
      throw new FlowProblem(403, 'sign_up_disabled');
    case 'unavailable':
      throw new FlowProblem(503, 'temporarily_unavailable', { state });
    case 'throttled':
      throw new FlowProblem(429, 'too_many_requests', { ...outcome, state });
    case 'refused':
      throw new FlowProblem(422, 'password_refused', { password: outcome.why.kind, state });
    case 'begun':
      return { ...STATE, flow_secret: outcome.secret };
  }
}

async function verify(
  deps: InvitationFlowDeps,
  request: FastifyRequest,
  signUp: PageSignUp,
): Promise<Record<string, unknown>> {
  const body = bodyOf(request);
  const mark = requestMarkOf(body);
  const digits = codeOf(body);
  const { clientId, connection, email: recipient } = signUp;
  const whom = { connection, recipient, clientId, organizationId: null, ip: request.ip };
  const proved = await proveCode(deps, { ...whom, digits });
  if (proved.kind === 'throttled') {
    throw new FlowProblem(429, 'too_many_requests', { ...proved, state: STATE });
  }
  if (proved.kind === 'wrong') throw new FlowProblem(422, 'wrong_code', { state: STATE });
  const completed = await completePageSignUp(deps, { signUp, request: mark });
  switch (completed.kind) {
    case 'done': {
      const { loginTicket: login_ticket, expiresInSeconds: expires_in } = completed;
      return { ...doneState(), login_ticket, expires_in };
    }
    case 'unknown':
      throw new FlowProblem(401, 'unknown_flow');
    case 'exists':
      throw new FlowProblem(409, 'account_exists');
    case 'denied':
      throw new FlowProblem(403, 'sign_up_denied');
    case 'disabled':
      throw new FlowProblem(403, 'sign_up_disabled');
  }
}

function sendingOf(request: FastifyRequest) {
  const wished = request.headers['accept-language']?.split(/[,;]/, 1)[0];
  return {
    askedFrom: askedFrom(request.ip),
    language: wished?.slice(0, LANGUAGE_LENGTH) ?? null,
  };
}

/** Returns whether people can sign up with an email address and nothing else. */
function takesAddressAlone(connection: Connection): boolean {
  const { email, username, phoneNumber } = identifiersOf(connection);
  const needsMore = username.signup === 'required' || phoneNumber.signup === 'required';
  return email.signup !== 'inactive' && !needsMore;
}
