import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  choosePasswordInFlow,
  completeInvitationFlow,
  enterExisting,
  enterPhone,
  enterProfile,
  enterTotp,
  type FlowStepped,
  provePhone,
  proveTotp,
  type RefusedCode,
  startInvitationFlow,
  viewFlow,
} from '../../flows/accept-invitation/accept-invitation.ts';
import { logIn } from '../../flows/log-in/log-in.ts';
import { findClient } from '../../records/clients/clients.ts';
import { loginIdentifiersOf } from '../../records/connections/connections.ts';
import { findFlow } from '../../records/invitation-flows/invitation-flows.ts';
import { LOGIN_TICKET_SECONDS } from '../../records/login-handoffs/login-handoffs.ts';
import {
  carriedOut,
  closedProblem,
  doneState,
  endProblem,
  noWayProblem,
  stateOf,
} from './answers.ts';
import type { FlowHandler, InvitationFlowDeps } from './deps.ts';
import { FlowProblem } from './flow-problem.ts';
import type { Origins } from './origins.ts';
import {
  bearerOf,
  bodyOf,
  codeOf,
  flagOf,
  linkSecretOf,
  requestMarkOf,
  textOf,
} from './request-body.ts';
import { resetPassword } from './reset-route.ts';
import { registerSignUpRoutes } from './sign-up-route.ts';
import { registerWayRoutes } from './way-routes.ts';

type Deps = InvitationFlowDeps & { origins: Origins };

/** Registers the steps of accepting an invitation. */
export function registerFlowRoutes(app: FastifyInstance, deps: Deps): void {
  /** Every step except the start belongs to a flow, whose application must have registered the page. */
  const inFlow = (handler: FlowHandler) => async (request: FastifyRequest, reply: FastifyReply) => {
    const secret = bearerOf(request);
    const flow =
      secret === null ? null : await findFlow(deps.db, { secret, now: deps.clock.now() });
    if (secret === null || flow === null) throw new FlowProblem(401, 'unknown_flow');
    await permit(deps, request, reply, flow.clientId);
    return handler(request, reply, secret);
  };

  app.post('/start', (request, reply) => start(deps, request, reply));
  app.post('/reset', (request, reply) =>
    resetPassword(deps, request, reply, (...page) => permit(deps, ...page)),
  );
  registerSignUpRoutes(app, deps, (...page) => permit(deps, ...page));

  app.get(
    '/state',
    inFlow(async (_request, _reply, secret) => {
      const viewed = await viewFlow(deps, secret);
      if (viewed.kind === 'done') return doneState();
      if (viewed.kind !== 'open') throw endProblem(viewed);
      return stateOf(viewed.at);
    }),
  );

  app.post(
    '/profile',
    inFlow(async (request, _reply, secret) => {
      const { fields } = bodyOf(request);
      const stepped = await enterProfile(deps, { secret, fields });
      if (stepped.kind !== 'refused') return stateOf(carriedOut(stepped));
      const details = { fields: stepped.why, state: stateOf(stepped.at) };
      throw new FlowProblem(422, 'invalid_fields', details);
    }),
  );

  app.post(
    '/password',
    inFlow(async (request, _reply, secret) => {
      const password = textOf(bodyOf(request), 'password');
      const stepped = await choosePasswordInFlow(deps, { secret, password });
      if (stepped.kind !== 'refused') return stateOf(carriedOut(stepped));
      const state = stateOf(stepped.at);
      const { why } = stepped;
      if (why.kind === 'throttled') {
        throw new FlowProblem(429, 'too_many_requests', { ...why, state });
      }
      throw new FlowProblem(422, 'password_refused', { password: why.kind, state });
    }),
  );

  app.post(
    '/existing',
    inFlow((request, _reply, secret) => existing(deps, request, secret)),
  );

  app.post(
    '/phone',
    inFlow(async (request, _reply, secret) => {
      const number = textOf(bodyOf(request), 'phone_number', 100);
      const stepped = await enterPhone(deps, { secret, number, ip: request.ip });
      if (stepped.kind !== 'refused') return stateOf(carriedOut(stepped));
      const state = stateOf(stepped.at);
      switch (stepped.why.kind) {
        case 'unusable':
          throw new FlowProblem(422, 'invalid_phone_number', { state });
        case 'throttled':
          throw new FlowProblem(429, 'too_many_requests', { ...stepped.why, state });
        case 'not-sent':
          throw new FlowProblem(503, 'sms_not_sent', { state });
      }
    }),
  );

  app.post(
    '/phone/verify',
    inFlow(async (request, _reply, secret) =>
      proved(await provePhone(deps, { secret, code: codeOf(bodyOf(request)) })),
    ),
  );

  app.post(
    '/totp',
    inFlow(async (_request, _reply, secret) => {
      const stepped = await enterTotp(deps, { secret });
      return { ...stateOf(carriedOut(stepped)), totp: stepped.totp };
    }),
  );

  app.post(
    '/totp/verify',
    inFlow(async (request, _reply, secret) =>
      proved(await proveTotp(deps, { secret, code: codeOf(bodyOf(request)) })),
    ),
  );

  registerWayRoutes(app, deps, inFlow);

  app.post(
    '/complete',
    inFlow((request, _reply, secret) => complete(deps, request, secret)),
  );
}

async function start(deps: Deps, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const body = bodyOf(request);
  const clientId = textOf(body, 'client_id', 100);
  await permit(deps, request, reply, clientId);
  const started = await startInvitationFlow(deps, {
    clientId,
    link: linkSecretOf(textOf(body, 'link', 2000)),
    held: bearerOf(request),
    takesOver: flagOf(body, 'take_over'),
    ip: request.ip,
  });
  switch (started.kind) {
    case 'open': {
      const { at, secret } = started;
      return { ...stateOf(at), ...(secret !== null && { flow_secret: secret }) };
    }
    case 'under-way':
      throw new FlowProblem(409, 'under_way', { state: { state: 'under_way', next: ['start'] } });
    case 'throttled':
      throw new FlowProblem(429, 'too_many_requests', started);
    case 'unknown':
      throw new FlowProblem(404, 'unknown_link');
    case 'no-way':
      throw noWayProblem(started.view);
    case 'closed':
      throw closedProblem(started.view);
  }
}

/** Logs in with the password of the invited account. The application's login, with its second factor, follows the completion. */
async function existing(deps: Deps, request: FastifyRequest, secret: string): Promise<unknown> {
  const password = textOf(bodyOf(request), 'password');
  const viewed = await viewFlow(deps, secret);
  if (viewed.kind !== 'open') throw endProblem(viewed);
  const { at } = viewed;
  const state = stateOf(at);
  const { view } = at;
  if (view.kind !== 'login' || !at.next.includes('existing'))
    throw new FlowProblem(409, 'wrong_step', { state });
  const { user, connection, client, invitation } = view;
  const [kind = 'email'] = loginIdentifiersOf(connection).filter((name) => user[name] != null);
  const login = await logIn(deps, {
    connection,
    identifier: user[kind] ?? invitation.email,
    password,
    ip: request.ip,
    clientId: client?.id ?? null,
    entersLater: true,
  });
  switch (login.kind) {
    case 'ok':
      return stateOf(carriedOut(await enterExisting(deps, { secret, userId: login.user.id })));
    case 'throttled':
    case 'busy':
      throw new FlowProblem(429, 'too_many_requests', { ...login, state });
    case 'blocked':
    case 'denied':
    case 'not-moved':
      throw new FlowProblem(403, 'account_blocked', { state });
    case 'unavailable':
      throw new FlowProblem(503, 'temporarily_unavailable', { ...login, state });
    case 'leaked':
      throw new FlowProblem(422, 'password_refused', { password: 'known', state });
    case 'wrong':
      throw new FlowProblem(422, 'wrong_password', { state });
  }
}

async function complete(deps: Deps, request: FastifyRequest, secret: string): Promise<unknown> {
  const mark = requestMarkOf(bodyOf(request));
  const completed = await completeInvitationFlow(deps, { secret, ticket: { request: mark } });
  if (completed.kind === 'not-taken') {
    const state = stateOf(completed.at);
    switch (completed.why) {
      case 'wrong-account':
        throw new FlowProblem(422, 'wrong_account', { state });
      case 'blocked':
        throw new FlowProblem(403, 'account_blocked', { state });
      case 'unserved':
        throw new FlowProblem(409, 'invitation_on_hold', { state });
      case 'outdated':
        throw new FlowProblem(409, 'login_outdated', { state });
    }
  }
  if (completed.kind !== 'completed') {
    carriedOut(completed);
    throw new Error('A flow that did not complete has no problem.');
  }
  const { accepted, recoveryCode } = completed;
  return {
    ...doneState(),
    login_ticket: accepted.handoff,
    expires_in: LOGIN_TICKET_SECONDS,
    ...(recoveryCode !== null && { recovery_code: recoveryCode }),
  };
}

function proved(stepped: FlowStepped<RefusedCode>): unknown {
  if (stepped.kind !== 'refused') return stateOf(carriedOut(stepped));
  const state = stateOf(stepped.at);
  if (stepped.why.kind === 'over') throw new FlowProblem(422, 'code_expired', { state });
  throw new FlowProblem(422, 'wrong_code', { state });
}

async function permit(
  { db, origins }: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  clientId: string | null,
): Promise<void> {
  const client = clientId === null ? null : await findClient(db, clientId);
  const isPermitted = client !== null && (await origins.permit(request, reply, client));
  if (!isPermitted) throw new FlowProblem(403, 'origin_not_allowed');
}
