import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  type LoginInvitation,
  type OpenInvitation,
  takesOwnPasskey,
} from '../../../flows/accept-invitation/accept-invitation.ts';
import {
  askForPasskey,
  logInWithPasskey,
  type PasskeyLogin,
} from '../../../flows/log-in-with-passkey/log-in-with-passkey.ts';
import {
  beginPasskey,
  verifyNewPasskey,
} from '../../../flows/register-passkey/register-passkey.ts';
import { PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';
import type { VerifiedPasskey } from '../../../records/authentication-methods/authentication-methods.ts';
import type { Connection } from '../../../records/connections/connections.ts';
import type { PageDeps } from '../deps.ts';
import { formAction, formText, sayNotNow, secretOf, type Translator } from '../page/page.ts';
import type { PasskeyWay } from '../page-values/page-values.ts';
import { newPasskeyWay, passkeyLoginWay } from '../ways-in/ways-in.ts';
import { enteredProfile } from './invitation-fields.ts';

type Acceptable = OpenInvitation | LoginInvitation;

/** Returns the way to accept an invitation with the passkey of the account, or with a new one. `null` if there is none. */
export function invitationPasskeyWay(
  deps: PageDeps,
  request: FastifyRequest,
  { view, translator }: { view: Acceptable; translator: Translator },
): PasskeyWay | null {
  const { connection, connections, own } = view;
  const action = formAction(request, PAGE_PATHS.invitation);
  if (own.hasPasskey) {
    return takesOwnPasskey(deps, view)
      ? ownPasskeyWay(deps, translator, { connections, action, own })
      : null;
  }
  if (view.kind === 'login' || connection === null || own.hasFactor) return null;
  return newPasskeyWay(deps, translator, { connection, action });
}

/** Returns the way to accept with a passkey of the account, or `null` if it has none for the domain of this page. */
export function ownPasskeyWay(
  deps: PageDeps,
  translator: Translator,
  {
    own,
    ...input
  }: { connections: Connection[]; action: string; own: Pick<Acceptable['own'], 'passkeyDomains'> },
): PasskeyWay | null {
  const way = passkeyLoginWay(deps, translator, { ...input, domains: own.passkeyDomains });
  return way && { ...way, isShown: true, fillsIn: false, cookie: null };
}

/** Answers a script that wants the passkey of the invited person, or to make one. */
export async function sendPasskeyOptions(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  view: Acceptable,
): Promise<FastifyReply> {
  const translator = deps.pages.translator(request);
  const way = invitationPasskeyWay(deps, request, { view, translator });
  // Before the browser makes a passkey, or shows one, that the answer would refuse.
  if (way !== null && enteredProfile(request, view) === null) {
    return reply.code(400).send({ problem: translator.say('invitation.fieldsWrong') });
  }
  const { ip } = request;
  const here = registering(deps, request, reply);
  const name = view.invitation.email;
  const begun =
    way === null
      ? null
      : way.ask === 'get'
        ? await askForPasskey(deps, { uid: here.boundTo, ip })
        : await beginPasskey(deps, { ...here, user: null, name, ip });
  if (begun?.kind === 'begun') return reply.send({ options: begun.options });
  if (begun?.kind === 'throttled') {
    const { problem, status } = sayNotNow(reply, begun, translator);
    return reply.code(status).send({ problem });
  }
  return reply.code(400).send({ problem: translator.say('passkey.failed') });
}

/** Returns whether the page has a form for a password. */
export function hasForm(view: Acceptable): boolean {
  return view.kind === 'login' || view.policy !== null;
}

/** Returns the passkey that the page has sent, or `null` if it is refused. */
export function invitationPasskey(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<VerifiedPasskey | null> {
  const answer = formText(request, 'credential');
  return verifyNewPasskey(deps, { ...registering(deps, request, reply), answer });
}

/** Logs in with the passkey that the page has sent. The handoff that follows counts the login. */
export function invitationPasskeyLogin(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  { view, browser }: { view: Acceptable; browser: string },
): Promise<PasskeyLogin> {
  return logInWithPasskey(deps, {
    uid: registering(deps, request, reply).boundTo,
    answer: formText(request, 'credential'),
    connections: view.connections,
    clientId: view.client?.id ?? null,
    ip: request.ip,
    browser,
    entersLater: true,
  });
}

/** The link and the browser: the secret of forms is derived from its cookie. */
function registering({ csrf }: PageDeps, request: FastifyRequest, reply: FastifyReply) {
  const boundTo = `invitation ${secretOf(request)} ${csrf.token(request, reply)}`;
  return { kind: 'passkey', boundTo } as const;
}
