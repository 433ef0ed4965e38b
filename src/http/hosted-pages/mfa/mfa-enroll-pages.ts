import type { FastifyInstance, FastifyReply } from 'fastify';
import { beginEnrollment, totpSecretFor } from '../../../flows/enroll-factor/enroll-factor.ts';
import { setNewRecoveryCode } from '../../../flows/manage-factors/manage-factors.ts';
import { proveWithCode, proveWithOtp, sendCode } from '../../../flows/prove-factor/prove-factor.ts';
import type { EnrollableFactor } from '../../../flows/second-factor/second-factor.ts';
import { mfaPath, PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';
import { findMethod } from '../../../records/authentication-methods/authentication-methods.ts';
import { findOpenChallenge } from '../../../records/factor-challenges/factor-challenges.ts';
import { browserSecret } from '../browser/browser.ts';
import type { PageDeps } from '../deps.ts';
import {
  enrollmentPage,
  loginSession,
  type MfaSession,
  onScreen,
} from '../finish-login/finish-login.ts';
import { formText, queryText } from '../page/page.ts';
import type { Link } from '../page-values/page-values.ts';
import { arriveToEnroll, completed, type Enrolling } from './mfa-enroll-session.ts';
import { finishProved } from './mfa-finish.ts';
import {
  afterRecoveryCode,
  hinted,
  problemText,
  qrOf,
  showAddressForm,
  showChoices,
  showCodeForm,
  showRecoveryCode,
  unsentText,
} from './mfa-views.ts';

/** Registers `/u/mfa-…-enrollment`, which enrolls a first factor, at a login or with a link. */
export function registerMfaEnrollPages(app: FastifyInstance, deps: PageDeps): void {
  app.get(mfaPath('mfa-begin-enroll-options'), async (request, reply) => {
    const at = await arriveToEnroll(deps, request, reply);
    return at ? showFactors(deps, at) : reply;
  });
  app.post(mfaPath('mfa-begin-enroll-options'), async (request, reply) => {
    const at = await arriveToEnroll(deps, request, reply);
    if (!at) return reply;
    const chosen = at.factors.find((factor) => factor === formText(request, 'factor'));
    if (!chosen) return showFactors(deps, at);
    return reply.redirect(at.session.urlOf(enrollmentPage(chosen)), 303);
  });
  // The target of links: the list of factors, or the only factor.
  app.get(PAGE_PATHS.mfaEnrollment, async (request, reply) => {
    const at = await arriveToEnroll(deps, request, reply);
    if (!at) return reply;
    const [only, ...others] = at.factors;
    const page = only && others.length === 0 ? enrollmentPage(only) : 'mfa-begin-enroll-options';
    return reply.redirect(at.session.urlOf(page, languageOf(at.session)), 303);
  });

  app.get(mfaPath('mfa-otp-enrollment'), async (request, reply) => {
    const at = await arriveToEnroll(deps, request, reply, 'otp');
    return at ? showOtp(deps, at) : reply;
  });
  app.post(mfaPath('mfa-otp-enrollment'), async (request, reply) => {
    const at = await arriveToEnroll(deps, request, reply, 'otp');
    return at ? tryOtp(deps, at) : reply;
  });

  for (const factor of ['sms', 'email'] as const) {
    const path = mfaPath(`mfa-${factor}-enrollment`);
    app.get(path, async (request, reply) => {
      const at = await arriveToEnroll(deps, request, reply, factor);
      if (!at) return reply;
      const asked = queryText(request, 'again') === undefined && (await sentTo(deps, at.session));
      const shown = asked ? askingForCode(at, factor) : at;
      const problem = unsentText(request, shown.session);
      return asked
        ? showCode(deps, { ...shown, problem }, factor, asked)
        : showAddress(deps, { ...shown, problem }, factor);
    });
    app.post(path, async (request, reply) => {
      const at = await arriveToEnroll(deps, request, reply, factor);
      if (!at) return reply;
      if (formText(request, 'action') === 'resend') return resend(deps, at, factor);
      return formText(request, 'address') === ''
        ? trySent(deps, at, factor)
        : begin(deps, at, factor, formText(request, 'address').slice(0, 320));
    });
  }

  app.get(mfaPath('mfa-recovery-code-enrollment'), async (request, reply) => {
    const session = await loginSession(deps, request, reply);
    if (!session) return reply;
    if (session.pending.secondAmr === null) return reply.redirect(session.context.urls.login, 303);
    const onward = afterRecoveryCode(session);
    return showRecoveryCode(deps, { request, reply, session }, { code: null, onward });
  });
  app.post(mfaPath('mfa-recovery-code-enrollment'), async (request, reply) => {
    const session = await loginSession(deps, request, reply);
    if (!session) return reply;
    if (session.pending.secondAmr === null) return reply.redirect(session.context.urls.login, 303);
    if (formText(request, 'action') === 'new') {
      const set = await setNewRecoveryCode(deps, session.user.id);
      const code = set.kind === 'set' ? set.code : null;
      const onward = afterRecoveryCode(session);
      return showRecoveryCode(deps, { request, reply, session }, { code, onward });
    }
    return finishProved(deps, request, reply, session);
  });
}

type SentFactor = Extract<EnrollableFactor, 'sms' | 'email'>;

function languageOf({ kind, translator }: MfaSession): string {
  return kind === 'ticket' ? `&ui_locales=${translator.lang}` : '';
}

function challengedUserOf(deps: PageDeps, { session, request }: Enrolling) {
  const browser = browserSecret(deps, request);
  return { user: session.user, clientId: session.clientId, ip: request.ip, browser };
}

async function tryOtp(deps: PageDeps, at: Enrolling): Promise<FastifyReply> {
  const { session, request } = at;
  const challengedUser = challengedUserOf(deps, at);
  const { secret } = await totpSecretFor(deps, session);
  const begun = await beginEnrollment(deps, {
    ...challengedUser,
    factor: { kind: 'totp', secret },
  });
  if (begun.kind !== 'begun') {
    return showOtp(deps, { ...at, problem: session.translator.say('mfa.problem.failed') });
  }
  const methodId = begun.method.id;
  const code = formText(request, 'code').slice(0, 64);
  const proof = await proveWithOtp(deps, { ...challengedUser, code, methodId });
  return proof.kind === 'ok'
    ? completed(deps, at, { factor: 'otp', amr: proof.amr, methodId })
    : showOtp(deps, { ...at, problem: problemText(session, proof) });
}

/** Starts the enrollment of a number or an address, and sends a code to it. */
async function begin(
  deps: PageDeps,
  at: Enrolling,
  factor: SentFactor,
  typed: string,
): Promise<FastifyReply> {
  const { session, reply } = at;
  const challengedUser = challengedUserOf(deps, at);
  const begun = await beginEnrollment(deps, {
    ...challengedUser,
    factor: factor === 'sms' ? { kind: 'phone', number: typed } : { kind: 'email', address: typed },
  });
  if (begun.kind !== 'begun') {
    const problem = session.translator.say(`mfa.${factor}.unusable`);
    return showAddress(deps, { ...at, problem }, factor, typed);
  }
  const sent = await sendCode(deps, { ...challengedUser, method: begun.method });
  if (sent.kind !== 'sent') {
    return showAddress(deps, { ...at, problem: problemText(session, sent) }, factor, typed);
  }
  await session.noteChallenge(sent.challengeId);
  return reply.redirect(session.urlOf(enrollmentPage(factor), languageOf(session)), 303);
}

async function trySent(deps: PageDeps, at: Enrolling, factor: SentFactor): Promise<FastifyReply> {
  const { session, request } = at;
  const id = session.challengeId;
  if (id === null) return showAddress(deps, at, factor);
  const proof = await proveWithCode(deps, {
    ...challengedUserOf(deps, at),
    of: { id },
    code: formText(request, 'code').slice(0, 64),
    accepts: (method) =>
      !method.confirmed && method.kind === (factor === 'sms' ? 'phone' : 'email'),
  });
  if (proof.kind === 'ok') {
    return completed(deps, at, { factor, amr: proof.amr, methodId: proof.methodId });
  }
  const asked = await sentTo(deps, session);
  const shown = asked ? askingForCode(at, factor) : at;
  const problem = problemText(shown.session, proof);
  return asked
    ? showCode(deps, { ...shown, problem }, factor, asked)
    : showAddress(deps, { ...shown, problem }, factor);
}

/** Returns the screen of the page after the code was sent: the one of a login. */
function askingForCode(at: Enrolling, factor: SentFactor): Enrolling {
  return onScreen(at, `mfa-${factor}-challenge`);
}

async function resend(deps: PageDeps, at: Enrolling, factor: SentFactor): Promise<FastifyReply> {
  const { session, reply } = at;
  const method = await sentTo(deps, session);
  if (!method) return showAddress(deps, at, factor);
  const sent = await sendCode(deps, { ...challengedUserOf(deps, at), method });
  if (sent.kind === 'sent') await session.noteChallenge(sent.challengeId);
  const more = sent.kind === 'sent' ? '' : `&unsent=${sent.kind}`;
  return reply.redirect(session.urlOf(enrollmentPage(factor), more + languageOf(session)), 303);
}

/** Returns the method that waits for its code. */
async function sentTo({ db, clock }: PageDeps, { user, challengeId }: MfaSession) {
  if (challengeId === null) return null;
  const of = { id: challengeId };
  const open = await findOpenChallenge(db, { userId: user.id, of, now: clock.now() });
  const method = open && (await findMethod(db, { userId: user.id, id: open.methodId }));
  return method && !method.confirmed ? method : null;
}

function showFactors(deps: PageDeps, at: Enrolling): Promise<FastifyReply> {
  const { session, factors } = at;
  const { say } = session.translator;
  return showChoices(deps, at, {
    title: say('mfa.enroll.title'),
    lead: say(session.kind === 'login' ? 'mfa.enroll.lead' : 'mfa.enroll.leadLink'),
    action: session.urlOf('mfa-begin-enroll-options', languageOf(session)),
    name: 'factor',
    choices: factors.map((factor) => ({
      value: factor,
      text: say(`mfa.${factor}.name`),
      note: say(`mfa.${factor}.note`),
    })),
  });
}

/** Returns the links to other factors. */
function others({ session, factors }: Enrolling): Link[] {
  return factors.length > 1
    ? [
        {
          url: session.urlOf('mfa-begin-enroll-options', languageOf(session)),
          text: session.translator.say('mfa.otherFactor'),
        },
      ]
    : [];
}

async function showOtp(deps: PageDeps, at: Enrolling): Promise<FastifyReply> {
  const { session } = at;
  const { say } = session.translator;
  return showCodeForm(deps, at, {
    title: say('mfa.otp.enrollTitle'),
    lead: say('mfa.otp.enrollLead'),
    action: session.urlOf('mfa-otp-enrollment', languageOf(session)),
    label: say('mfa.otp.label'),
    qr: await qrOf(await totpSecretFor(deps, session)),
    links: others(at),
  });
}

function showAddress(
  deps: PageDeps,
  at: Enrolling,
  factor: SentFactor,
  typed?: string,
): Promise<FastifyReply> {
  const { session } = at;
  const { say } = session.translator;
  const known = factor === 'sms' ? session.user.phoneNumber : session.user.email;
  return showAddressForm(deps, at, {
    kind: factor === 'sms' ? 'phone' : 'email',
    title: say(`mfa.${factor}.enrollTitle`),
    lead: say(`mfa.${factor}.enrollLead`),
    action: session.urlOf(enrollmentPage(factor), languageOf(session)),
    value: typed ?? known ?? '',
    links: others(at),
  });
}

function showCode(
  deps: PageDeps,
  at: Enrolling,
  factor: SentFactor,
  method: { phoneNumber: string | null; email: string | null },
): Promise<FastifyReply> {
  const { session } = at;
  const { say } = session.translator;
  return showCodeForm(deps, at, {
    title: say(`mfa.${factor}.title`),
    lead: say(`mfa.${factor}.ask`, { to: hinted(method) }),
    action: session.urlOf(enrollmentPage(factor), languageOf(session)),
    resend: say('mfa.resend'),
    links: [
      {
        url: session.urlOf(enrollmentPage(factor), `&again=1${languageOf(session)}`),
        text: say(`mfa.${factor}.change`),
      },
    ],
  });
}
