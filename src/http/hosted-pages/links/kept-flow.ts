import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  type FlowAt,
  type FlowDeps,
  viewFlow,
} from '../../../flows/accept-invitation/accept-invitation.ts';
import type { Clock } from '../../../platform/clock/clock.ts';
import { cookieName } from '../../../platform/cookie-name/cookie-name.ts';
import { sha256 } from '../../../platform/crypto/crypto.ts';
import type { Db } from '../../../platform/db/db.ts';
import {
  FLOW_SECONDS,
  findFlow,
  findFlowOf,
} from '../../../records/invitation-flows/invitation-flows.ts';
import { forgetAmongFew, keepAmongFew } from '../browser/browser.ts';
import { secretOf } from '../page/page.ts';

type Deps = { secureCookies: boolean };

const KIND = 'usher_invitation_';

/** Returns where an acceptance of the request's link goes on: the secret of the flow that this browser has, and its address. */
export function flowOfBrowser(
  deps: Deps,
  request: FastifyRequest,
): { held: string | null; ip: string } {
  return { held: request.cookies[nameOf(deps, request)] || null, ip: request.ip };
}

/** A flow of this browser, which waits for a second factor or for its completion. */
export type WaitingHere = { at: FlowAt; secret: string };

const STEPS: readonly FlowAt['step'][] = ['factor', 'phone-code', 'totp-code', 'ready'];

/** Returns the flow with which this browser accepts the request's invitation, if it waits for a second factor or for its completion. */
export async function waitingFlow(
  deps: Deps & FlowDeps,
  request: FastifyRequest,
): Promise<WaitingHere | null> {
  const { held: secret } = flowOfBrowser(deps, request);
  if (secret === null) return null;
  const viewed = await viewFlow(deps, secret);
  if (viewed.kind !== 'open' || viewed.at.secret !== secretOf(request)) return null;
  return STEPS.includes(viewed.at.step) ? { at: viewed.at, secret } : null;
}

/** Returns whether another browser is on the way to accept an invitation. */
export async function isUnderWayElsewhere(
  deps: Deps & { db: Db; clock: Clock },
  request: FastifyRequest,
  invitationId: string,
): Promise<boolean> {
  const now = deps.clock.now();
  const underWay = await findFlowOf(deps.db, { invitationId, now });
  if (underWay === null) return false;
  const { held: secret } = flowOfBrowser(deps, request);
  const own = secret === null ? null : await findFlow(deps.db, { secret, now });
  return own?.id !== underWay.id;
}

/** Ties a flow to this browser. Each link has a cookie of its own, so that two tabs do not disturb each other. */
export function keepFlow(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  secret: string,
): void {
  const cookie = { kind: KIND, name: nameOf(deps, request), value: secret, maxAge: FLOW_SECONDS };
  keepAmongFew(deps, request, reply, cookie);
}

/** Forgets a flow that has ended. */
export function forgetFlow(deps: Deps, request: FastifyRequest, reply: FastifyReply): void {
  const name = nameOf(deps, request);
  if (request.cookies[name] !== undefined) forgetAmongFew(deps, reply, name);
}

function nameOf({ secureCookies: secure }: Deps, request: FastifyRequest): string {
  const link = sha256(secretOf(request)).toString('hex').slice(0, 16);
  return cookieName(`${KIND}${link}`, { secure });
}
