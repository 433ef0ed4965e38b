import type { FastifyInstance, FastifyReply } from 'fastify';
import { askForKey, proveWithKey } from '../../../flows/prove-factor/prove-factor.ts';
import { addOwnPasskey, beginPasskey } from '../../../flows/register-passkey/register-passkey.ts';
import { passSecondFactor } from '../../../flows/second-factor/second-factor.ts';
import { mfaPath } from '../../../platform/page-paths/page-paths.ts';
import {
  SECURITY_KEYS,
  type SecurityKey,
} from '../../../records/authentication-methods/authentication-methods.ts';
import type { PageDeps } from '../deps.ts';
import { enrollmentPage, type MfaSession, rememberBrowser } from '../finish-login/finish-login.ts';
import { formText } from '../page/page.ts';
import type { Link } from '../page-values/page-values.ts';
import { type At, arrive } from './mfa-challenge-pages.ts';
import { arriveToEnroll, completed, type Enrolling } from './mfa-enroll-session.ts';
import { finishProved } from './mfa-finish.ts';
import type { Shown } from './mfa-views.ts';

/** Registers `/u/mfa-webauthn-…`, which ask for a security key or the device itself, and enroll one. */
export function registerMfaKeyPages(app: FastifyInstance, deps: PageDeps): void {
  for (const kind of SECURITY_KEYS) {
    const screen = `mfa-${kind}-challenge` as const;
    app.get(mfaPath(screen), async (request, reply) => {
      const at = await arrive(deps, request, reply, screen);
      return at ? showChallenge(deps, at, kind) : reply;
    });
    app.post(mfaPath(screen), async (request, reply) => {
      const at = await arrive(deps, request, reply, screen);
      return at ? prove(deps, at, kind) : reply;
    });
    app.get(mfaPath(`mfa-${kind}-enrollment`), async (request, reply) => {
      const at = await arriveToEnroll(deps, request, reply, kind);
      return at ? showEnrollment(deps, at, kind) : reply;
    });
    app.post(mfaPath(`mfa-${kind}-enrollment`), async (request, reply) => {
      const at = await arriveToEnroll(deps, request, reply, kind);
      return at ? enroll(deps, at, kind) : reply;
    });
  }
}

async function prove(deps: PageDeps, at: At, kind: SecurityKey): Promise<FastifyReply> {
  const { request, reply, session } = at;
  const { user, clientId, pending } = session;
  const asked = { kind, boundTo: `factor ${pending.id}`, user };
  if (formText(request, 'passkey') === 'options') {
    return sendOptions(reply, session, await askForKey(deps, asked), 'mfa.key.elsewhere');
  }
  const answer = formText(request, 'credential');
  const proof = await proveWithKey(deps, { ...asked, answer, clientId, ip: request.ip });
  if (proof.kind === 'wrong') {
    return showChallenge(deps, { ...at, problem: session.translator.say('mfa.key.wrong') }, kind);
  }
  const passed = { pendingId: pending.id, secondAmr: proof.amr };
  if (!(await passSecondFactor(deps, passed))) {
    return reply.redirect(session.context.urls.login, 303);
  }
  if (formText(request, 'remember') === 'yes') await rememberBrowser(deps, request, reply, user);
  return finishProved(deps, request, reply, session);
}

async function enroll(deps: PageDeps, at: Enrolling, kind: SecurityKey): Promise<FastifyReply> {
  const { request, reply, session } = at;
  const { user, clientId, contextId } = session;
  // A link can be open in several browsers: the secret of forms is derived from a cookie.
  const boundTo = `enrollment ${contextId} ${deps.csrf.token(request, reply)}`;
  const registering = { kind, boundTo, user, ip: request.ip };
  if (formText(request, 'passkey') === 'options') {
    const name = user.email ?? user.username ?? user.phoneNumber ?? user.id;
    return sendOptions(reply, session, await beginPasskey(deps, { ...registering, name }));
  }
  const answer = formText(request, 'credential');
  const added = await addOwnPasskey(deps, { ...registering, answer, clientId });
  return added.kind === 'added'
    ? completed(deps, at, { factor: kind, amr: 'hwk', methodId: added.method.id })
    : showEnrollment(deps, { ...at, problem: session.translator.say('mfa.key.wrong') }, kind);
}

function sendOptions(
  reply: FastifyReply,
  { translator }: MfaSession,
  begun: { kind: 'begun'; options: object } | { kind: 'unavailable' | 'throttled' },
  problem: 'mfa.key.failed' | 'mfa.key.elsewhere' = 'mfa.key.failed',
): FastifyReply {
  return begun.kind === 'begun'
    ? reply.send({ options: begun.options })
    : reply.code(400).send({ problem: translator.say(problem) });
}

function showChallenge(deps: PageDeps, at: At, kind: SecurityKey): Promise<FastifyReply> {
  const { session, methods } = at;
  const { say } = session.translator;
  return showKey(deps, at, {
    ask: 'get',
    title: say(`mfa.${kind}.title`),
    lead: say(`mfa.${kind}.ask`),
    action: session.urlOf(`mfa-${kind}-challenge`),
    submit: say('common.continue'),
    remember: true,
    links:
      methods.length > 1
        ? [{ url: session.urlOf('mfa-login-options'), text: say('mfa.otherMethod') }]
        : [],
  });
}

function showEnrollment(deps: PageDeps, at: Enrolling, kind: SecurityKey): Promise<FastifyReply> {
  const { session, factors } = at;
  const { say, lang } = session.translator;
  const language = session.kind === 'ticket' ? `&ui_locales=${lang}` : '';
  return showKey(deps, at, {
    ask: 'create',
    title: say(`mfa.${kind}.enrollTitle`),
    lead: say(`mfa.${kind}.enrollLead`),
    action: session.urlOf(enrollmentPage(kind), language),
    submit: say('common.continue'),
    remember: false,
    links:
      factors.length > 1
        ? [
            {
              url: session.urlOf('mfa-begin-enroll-options', language),
              text: say('mfa.otherFactor'),
            },
          ]
        : [],
  });
}

function showKey(
  deps: PageDeps,
  { request, reply, session, problem }: Shown,
  page: {
    ask: 'get' | 'create';
    title: string;
    lead: string;
    action: string;
    submit: string;
    remember: boolean;
    links: Link[];
  },
): Promise<FastifyReply> {
  return deps.pages.send(reply, {
    template: 'mfa-key',
    translator: session.translator,
    status: problem === undefined ? 200 : 400,
    values: {
      ...session.look,
      ...page,
      usesPasskeys: true,
      problem,
      csrf: deps.csrf.token(request, reply),
    },
  });
}
