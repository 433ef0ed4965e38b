import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  completeInvitationFlow,
  enterPhone,
  enterTotp,
  type FlowStepped,
  provePhone,
  proveTotp,
  type RefusedCode,
  shownTotp,
} from '../../../flows/accept-invitation/accept-invitation.ts';
import { PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';
import { emailPolicyOf } from '../../../records/invitations/invitations.ts';
import { lookOf } from '../brand/brand.ts';
import type { PageDeps } from '../deps.ts';
import {
  hinted,
  problemText,
  qrOf,
  showAddressForm,
  showChoices,
  showCodeForm,
} from '../mfa/mfa.ts';
import { formAction, formText, queryText } from '../page/page.ts';
import type { Link } from '../page-values/page-values.ts';
import { arrives, showDead } from './invitation-outcome.ts';
import { forgetFlow, type WaitingHere, waitingFlow } from './kept-flow.ts';
import { showInvitation } from './show-invitation.ts';
import { showWrongAccount } from './wrong-account-page.ts';

type Here = WaitingHere & { request: FastifyRequest; reply: FastifyReply };

/**
 * Registers `/u/invitation-factor?ticket=…`, where an acceptance enrolls the second factor that it needs. It shows the step at which the flow
 * of this browser is. After the last one the invitation is accepted.
 */
export function registerInvitationFactorPages(app: FastifyInstance, deps: PageDeps): void {
  app.get(PAGE_PATHS.invitationFactor, async (request, reply) => {
    const waiting = await waitingFlow(deps, request);
    if (waiting === null) return reply.redirect(formAction(request, PAGE_PATHS.invitation), 302);
    return showStep(deps, { ...waiting, request, reply });
  });

  app.post(PAGE_PATHS.invitationFactor, async (request, reply) => {
    const waiting = await waitingFlow(deps, request);
    if (waiting === null) return reply.redirect(formAction(request, PAGE_PATHS.invitation), 303);
    return takesStep(deps, { ...waiting, request, reply });
  });
}

function takesStep(deps: PageDeps, here: Here): Promise<FastifyReply> {
  const { at, secret, request } = here;
  const factor = formText(request, 'factor');
  const number = formText(request, 'address').slice(0, 100);
  if (factor === 'complete') return completes(deps, here);
  const { required } = at.needs;
  if (factor === 'sms' && required.includes(factor)) return showPhone(deps, here);
  if (factor === 'otp' && required.includes(factor)) return choosesTotp(deps, here);
  if (number !== '') return sends(deps, here, number);
  if (formText(request, 'action') === 'resend') {
    return sends(deps, here, at.flow.state.phone?.number ?? '');
  }
  const code = formText(request, 'code').slice(0, 64);
  if (at.step === 'phone-code') return tries(deps, here, provePhone(deps, { secret, code }));
  if (at.step === 'totp-code') return tries(deps, here, proveTotp(deps, { secret, code }));
  return showStep(deps, here);
}

async function choosesTotp(deps: PageDeps, { secret, request, reply }: Here) {
  await enterTotp(deps, { secret });
  return reply.redirect(formAction(request, PAGE_PATHS.invitationFactor), 303);
}

/** Sends a code to a number. */
async function sends(deps: PageDeps, here: Here, number: string): Promise<FastifyReply> {
  const { secret, request, reply } = here;
  const stepped = await enterPhone(deps, { secret, number, ip: request.ip });
  if (stepped.kind !== 'refused') {
    return reply.redirect(formAction(request, PAGE_PATHS.invitationFactor), 303);
  }
  const session = sessionOf(deps, here);
  const { why } = stepped;
  const problem =
    why.kind === 'unusable'
      ? session.translator.say('mfa.sms.unusable')
      : problemText(session, why.kind === 'throttled' ? why : { kind: 'failed' });
  return showPhone(deps, here, { problem, number });
}

async function tries(
  deps: PageDeps,
  here: Here,
  trying: Promise<FlowStepped<RefusedCode>>,
): Promise<FastifyReply> {
  const stepped = await trying;
  const { request, reply } = here;
  if (stepped.kind === 'refused') {
    const session = sessionOf(deps, here);
    const now = { ...here, at: stepped.at };
    // A secret that was tried too often is over for good.
    const isOver = stepped.why.kind === 'over' && stepped.at.step === 'totp-code';
    return isOver
      ? showChoice(deps, now, session.translator.say('mfa.enroll.over'))
      : showStep(deps, now, problemText(session, stepped.why));
  }
  if (stepped.kind === 'ok' && stepped.at.next.includes('complete')) {
    return completes(deps, { ...here, at: stepped.at });
  }
  return reply.redirect(formAction(request, PAGE_PATHS.invitationFactor), 303);
}

async function completes(deps: PageDeps, here: Here): Promise<FastifyReply> {
  const { secret, request, reply } = here;
  const completed = await completeInvitationFlow(deps, { secret, ticket: null });
  switch (completed.kind) {
    case 'completed': {
      forgetFlow(deps, request, reply);
      const { accepted, recoveryCode } = completed;
      return arrives(deps, request, reply, { ...accepted, recoveryCode });
    }
    case 'not-taken': {
      const { view } = completed.at;
      if (completed.why === 'outdated') {
        const problem = deps.pages.translator(request).say('invitation.outdated');
        return showInvitation(deps, request, reply, view, problem);
      }
      if (completed.why === 'wrong-account') {
        const policy = emailPolicyOf(view.campaign.plan);
        return showWrongAccount(deps, request, reply, { ...view, policy, address: null });
      }
      return showDead(deps, request, reply, { ...view, kind: completed.why });
    }
    case 'closed':
      if (completed.view.kind === 'unknown') break;
      return showDead(deps, request, reply, completed.view);
    default:
  }
  // That page shows what the flow waits for now.
  return reply.redirect(formAction(request, PAGE_PATHS.invitationFactor), 303);
}

function showStep(deps: PageDeps, here: Here, problem?: string): Promise<FastifyReply> {
  const { at, request } = here;
  const isAgain = queryText(request, 'again') !== undefined;
  if (at.step === 'phone-code') {
    return isAgain ? showPhone(deps, here) : showPhoneCode(deps, here, problem);
  }
  if (at.step === 'totp-code' && !isAgain) return showTotp(deps, here, problem);
  return at.step === 'ready' ? showReady(deps, here) : showFactors(deps, here);
}

function showFactors(deps: PageDeps, here: Here): Promise<FastifyReply> {
  const [only, ...others] = here.at.needs.required;
  return only === 'sms' && others.length === 0 ? showPhone(deps, here) : showChoice(deps, here);
}

function showChoice(deps: PageDeps, here: Here, problem?: string): Promise<FastifyReply> {
  const session = sessionOf(deps, here);
  const { say } = session.translator;
  return showChoices(
    deps,
    { ...here, session, problem },
    {
      title: say('mfa.enroll.title'),
      lead: say('mfa.enroll.leadInvitation'),
      action: formAction(here.request, PAGE_PATHS.invitationFactor),
      name: 'factor',
      choices: here.at.needs.required.map((factor) => ({
        value: factor,
        text: say(`mfa.${factor}.name`),
        note: say(`mfa.${factor}.note`),
      })),
    },
  );
}

/** Everything is there: the person only has to accept. */
function showReady(deps: PageDeps, here: Here): Promise<FastifyReply> {
  const session = sessionOf(deps, here);
  const { say } = session.translator;
  const accept = { value: 'complete', text: say('invitation.submit'), note: null };
  return showChoices(
    deps,
    { ...here, session },
    {
      title: say('mfa.enroll.title'),
      lead: say('mfa.enroll.ready'),
      action: formAction(here.request, PAGE_PATHS.invitationFactor),
      name: 'factor',
      choices: [accept],
    },
  );
}

function showPhone(
  deps: PageDeps,
  here: Here,
  typed: { problem?: string; number?: string } = {},
): Promise<FastifyReply> {
  const session = sessionOf(deps, here);
  const { say } = session.translator;
  const { problem, number } = typed;
  const { phone } = here.at.flow.state;
  // Another browser may have typed a number that was never sent a code here.
  const known = phone?.code || phone?.isProved ? phone.number : '';
  return showAddressForm(
    deps,
    { ...here, session, problem },
    {
      kind: 'phone',
      title: say('mfa.sms.enrollTitle'),
      lead: say('mfa.sms.enrollLead'),
      action: formAction(here.request, PAGE_PATHS.invitationFactor),
      value: number ?? known,
      links: linksOf(deps, here),
    },
  );
}

function showPhoneCode(deps: PageDeps, here: Here, problem?: string): Promise<FastifyReply> {
  const session = sessionOf(deps, here);
  const { say } = session.translator;
  const phoneNumber = here.at.flow.state.phone?.number ?? '';
  const action = formAction(here.request, PAGE_PATHS.invitationFactor);
  return showCodeForm(
    deps,
    { ...here, session, problem },
    {
      title: say('mfa.sms.title'),
      lead: say('mfa.sms.ask', { to: hinted({ phoneNumber, email: null }) }),
      action,
      resend: say('mfa.resend'),
      links: [{ url: `${action}&again=1`, text: say('mfa.sms.change') }, ...linksOf(deps, here)],
    },
  );
}

async function showTotp(deps: PageDeps, here: Here, problem?: string): Promise<FastifyReply> {
  const session = sessionOf(deps, here);
  const { say } = session.translator;
  const totp = await shownTotp(deps, here.at);
  return showCodeForm(
    deps,
    { ...here, session, problem },
    {
      title: say('mfa.otp.enrollTitle'),
      lead: say('mfa.otp.enrollLead'),
      action: formAction(here.request, PAGE_PATHS.invitationFactor),
      label: say('mfa.otp.label'),
      qr: totp && (await qrOf(totp)),
      links: linksOf(deps, here),
    },
  );
}

/** Returns the links to the other factors, if there are any, and back to the invitation. */
function linksOf(deps: PageDeps, here: Here): Link[] {
  const { say } = sessionOf(deps, here).translator;
  const { request, at } = here;
  const again = `${formAction(request, PAGE_PATHS.invitationFactor)}&again=1`;
  const others = at.needs.required.length > 1 ? [{ url: again, text: say('mfa.otherFactor') }] : [];
  const back = formAction(request, PAGE_PATHS.invitation);
  return [...others, { url: back, text: say('invitationAccount.back') }];
}

function sessionOf({ pages }: PageDeps, { at, request }: Here) {
  const { client, organization } = at.view;
  return {
    translator: pages.translator(request),
    look: client ? lookOf(client, organization) : {},
  };
}
