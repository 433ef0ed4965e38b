import type { FastifyReply, FastifyRequest } from 'fastify';
import type {
  FlowAt,
  FlowEnd,
  FlowStepped,
  InvitationView,
} from '../../flows/accept-invitation/accept-invitation.ts';
import { FALLBACK, LANGUAGES, matchLocale } from '../../platform/locales/locales.ts';
import { FlowProblem } from './flow-problem.ts';
import { PROBLEM_TEXTS } from './texts/texts.ts';

type Wire = Record<string, unknown>;

const ACTIONS: Record<FlowAt['next'][number], string> = {
  profile: 'profile',
  password: 'password',
  existing: 'existing',
  'existing-passkey': 'existing/passkey',
  passkey: 'passkey',
  connection: 'connection',
  code: 'code',
  phone: 'phone',
  'phone-code': 'phone/verify',
  totp: 'totp',
  'totp-code': 'totp/verify',
  complete: 'complete',
};

const STATES: Record<FlowAt['step'], string> = {
  profile: 'profile',
  credential: 'credential',
  factor: 'factor',
  'phone-code': 'phone_code',
  'totp-code': 'totp_code',
  ready: 'ready',
  done: 'done',
};

/** Returns the state of a flow on the wire. */
export function stateOf({ flow, view, needs, step, next }: FlowAt): Wire {
  const { invitation, campaign, client } = view;
  const { profile, phone, totp } = flow.state;
  return {
    state: STATES[step],
    next: next.map((action) => ACTIONS[action]),
    invitation: {
      email: invitation.email,
      inviter: campaign.plan.inviter ?? null,
      client: client && { client_id: client.id, name: client.name },
      expires_at: invitation.expiresAt.toISOString(),
    },
    existing: existingOf(view),
    ...(needs.schema !== null && { fields: needs.schema }),
    ...(needs.providers.length > 0 && {
      connections: needs.providers.map(({ name, strategy, displayName }) => ({
        name,
        strategy,
        display_name: displayName,
      })),
    }),
    factors: { required: needs.required, offered: needs.offered },
    entered: {
      profile: profile ?? {},
      phone_number: phone?.number ?? null,
      is_phone_verified: phone?.isProved ?? false,
      is_totp_verified: totp !== null && totp.step !== null,
    },
  };
}

/** Returns how the person logs in to the account that they have, or `null` if they have none yet. */
function existingOf({ kind, own }: FlowAt['view']): Wire | null {
  const ways = {
    has_password: kind === 'login',
    has_passkey: own.hasPasskey,
    has_identity: own.hasIdentity,
  };
  return Object.values(ways).includes(true) ? ways : null;
}

/** Returns the state of a flow that this browser has completed. */
export function doneState(): Wire {
  return { state: 'done', next: [] };
}

/**
 * Returns the flow after a step.
 * @throws FlowProblem if the step was not carried out
 */
export function carriedOut(stepped: FlowStepped): FlowAt {
  switch (stepped.kind) {
    case 'ok':
      return stepped.at;
    case 'out-of-order':
      throw new FlowProblem(409, 'wrong_step', { state: stateOf(stepped.at) });
    case 'changed':
      throw new FlowProblem(409, 'changed', { state: stateOf(stepped.at) });
    case 'refused':
      throw new Error('A refusal of this step has no answer.');
    default:
      throw endProblem(stepped);
  }
}

/** Returns the problem of a flow that does not go on. */
export function endProblem(end: FlowEnd): FlowProblem {
  if (end.kind === 'unknown') return new FlowProblem(401, 'unknown_flow');
  if (end.kind === 'done') return new FlowProblem(409, 'wrong_step', { state: doneState() });
  if (end.kind === 'no-way') return noWayProblem(end.view);
  return closedProblem(end.view);
}

/** Returns that the invitation takes none of the ways in which the person logs in. */
export function noWayProblem(view: FlowAt['view']): FlowProblem {
  const state = { state: 'no_way', next: [], existing: existingOf(view) };
  return new FlowProblem(409, 'no_way_in', { state });
}

/** Returns why an invitation cannot be accepted. */
export function closedProblem({ kind }: InvitationView): FlowProblem {
  switch (kind) {
    case 'accepted':
      return new FlowProblem(410, 'invitation_accepted');
    case 'declined':
      return new FlowProblem(410, 'invitation_declined');
    case 'expired':
      return new FlowProblem(410, 'invitation_expired');
    case 'revoked':
      return new FlowProblem(410, 'invitation_revoked');
    case 'unknown':
      return new FlowProblem(404, 'unknown_link');
    default:
      return new FlowProblem(409, 'invitation_on_hold');
  }
}

/** Sends a problem, with texts in the language of the person. */
export function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  problem: FlowProblem,
): FastifyReply {
  const texts = PROBLEM_TEXTS[languageOf(request)];
  const { fields, password, retryAfterSeconds, state } = problem.details;
  if (retryAfterSeconds !== undefined) reply.header('retry-after', retryAfterSeconds);
  return reply.code(problem.status).send({
    ...state,
    problem: {
      code: problem.code,
      message: password === undefined ? texts.problems[problem.code] : texts.passwords[password],
      ...(password !== undefined && { reason: underscored(password) }),
      ...(fields !== undefined && {
        fields: fields.map(({ field, why, limit }) => ({
          field,
          code: underscored(why),
          message: texts.fields[why],
          ...(limit !== undefined && { limit }),
        })),
      }),
    },
  });
}

function underscored(name: string): string {
  return name.replaceAll('-', '_');
}

function languageOf(request: FastifyRequest) {
  const wishes = (request.headers['accept-language'] ?? '')
    .slice(0, 500)
    .split(',')
    .map((part) => part.split(';')[0]?.trim() ?? '')
    .filter((tag) => tag !== '');
  return matchLocale(wishes, LANGUAGES) ?? FALLBACK;
}
