import type { FastifyReply, FastifyRequest } from 'fastify';
import QRCode from 'qrcode';
import type { PageDeps } from '../deps.ts';
import type { MfaSession } from '../finish-login/finish-login.ts';
import { doneUrl, queryText, waitingTime } from '../page/page.ts';
import type { PageValues } from '../page-values/page-values.ts';

export type Shown = {
  request: FastifyRequest;
  reply: FastifyReply;
  session: Pick<MfaSession, 'translator' | 'look'>;
  problem?: string | undefined;
  status?: number | undefined;
};

/** Shows a page that asks for a code. */
export function showCodeForm(
  deps: PageDeps,
  { request, reply, session, problem, status }: Shown,
  page: Pick<PageValues['mfa-code'], 'title' | 'lead' | 'action'> &
    Partial<Omit<PageValues['mfa-code'], 'csrf' | 'problem'>>,
): Promise<FastifyReply> {
  const { translator, look } = session;
  return deps.pages.send(reply, {
    template: 'mfa-code',
    translator,
    status: status ?? (problem === undefined ? 200 : 400),
    values: {
      ...look,
      title: page.title,
      lead: page.lead,
      action: page.action,
      label: page.label ?? translator.say('mfa.code'),
      letters: page.letters ?? false,
      resend: page.resend ?? null,
      remember: page.remember ?? false,
      qr: page.qr ?? null,
      links: page.links ?? [],
      problem,
      csrf: deps.csrf.token(request, reply),
    },
  });
}

/** Shows a page that asks for a phone number or an address. */
export function showAddressForm(
  deps: PageDeps,
  { request, reply, session, problem }: Shown,
  page: Omit<PageValues['mfa-address'], 'csrf' | 'problem' | 'label'>,
): Promise<FastifyReply> {
  return deps.pages.send(reply, {
    template: 'mfa-address',
    translator: session.translator,
    status: problem === undefined ? 200 : 400,
    values: {
      ...session.look,
      ...page,
      label: session.translator.say(page.kind === 'phone' ? 'mfa.phone' : 'common.email'),
      problem,
      csrf: deps.csrf.token(request, reply),
    },
  });
}

/** Shows a page with a list of choices. */
export function showChoices(
  deps: PageDeps,
  { request, reply, session, problem }: Shown,
  page: Omit<PageValues['mfa-choices'], 'csrf' | 'problem'>,
): Promise<FastifyReply> {
  return deps.pages.send(reply, {
    template: 'mfa-choices',
    translator: session.translator,
    status: problem === undefined ? 200 : 400,
    values: { ...session.look, ...page, problem, csrf: deps.csrf.token(request, reply) },
  });
}

/** Returns where the person goes on after the recovery code: the login, or the end of a link. */
export function afterRecoveryCode(session: MfaSession): { url: string; byLink: boolean } {
  return session.kind === 'login'
    ? { url: session.urlOf('mfa-recovery-code-enrollment'), byLink: false }
    : { url: doneUrl('mfa', session.translator.lang), byLink: true };
}

/** Shows a recovery code, only once. */
export function showRecoveryCode(
  deps: PageDeps,
  { request, reply, session }: Shown,
  page: {
    /** `null`: it was shown before. */
    code: string | null;
    /** The Auth0 screen whose custom texts apply. Default: that of an enrollment. */
    screen?: string;
    /** Where the person goes on. `byLink`: with a link, and not with a form. */
    onward: { url: string; byLink: boolean };
  },
): Promise<FastifyReply> {
  const { code, screen = 'mfa-recovery-code-enrollment', onward } = page;
  const translator = session.translator.of(screen);
  return deps.pages.send(reply, {
    template: 'mfa-recovery-code',
    translator,
    values: {
      ...session.look,
      title: translator.say('mfa.recovery.title'),
      lead: translator.say(code === null ? 'mfa.recovery.gone' : 'mfa.recovery.lead'),
      code: code?.replace(/(.{4})(?=.)/g, '$1 ') ?? null,
      action: onward.url,
      byLink: onward.byLink,
      csrf: deps.csrf.token(request, reply),
    },
  });
}

/** Returns the secret for an authenticator app as a page shows it, with its QR code as a `data:` URL. */
export async function qrOf({ secret, uri }: { secret: string; uri: string }) {
  return { image: await qrImage(uri), uri, secret: secret.replace(/(.{4})(?=.)/g, '$1 ') };
}

function qrImage(uri: string): Promise<string> {
  return QRCode.toDataURL(uri, { margin: 2, width: 440, errorCorrectionLevel: 'M' });
}

/** Returns the text for a code that could not be sent or was wrong. */
export function problemText(
  { translator }: Pick<MfaSession, 'translator'>,
  outcome:
    | { kind: 'wrong' | 'over' | 'failed' | 'unreachable' }
    | { kind: 'throttled'; retryAfterSeconds: number },
): string {
  return outcome.kind === 'throttled'
    ? translator.say('problem.throttled', {
        time: waitingTime(outcome.retryAfterSeconds, translator),
      })
    : translator.say(`mfa.problem.${outcome.kind}`);
}

/** Returns the text for a code that the previous page could not send. */
export function unsentText(request: FastifyRequest, session: MfaSession): string | undefined {
  const unsent = queryText(request, 'unsent', 20);
  if (unsent === undefined) return undefined;
  const problem =
    unsent === 'throttled' ? 'unsentMany' : unsent === 'unreachable' ? unsent : 'failed';
  return session.translator.say(`mfa.problem.${problem}`);
}

/** Returns a masked address or number. */
export function hinted(method: { phoneNumber: string | null; email: string | null }): string {
  if (method.phoneNumber !== null) return `••• ${method.phoneNumber.slice(-4)}`;
  const [local = '', domain = ''] = (method.email ?? '').split('@');
  return `${local.slice(0, 2)}•••@${domain}`;
}
