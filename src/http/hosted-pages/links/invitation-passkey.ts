import type { FastifyReply, FastifyRequest } from 'fastify';
import type { OpenInvitation } from '../../../flows/accept-invitation/accept-invitation.ts';
import {
  beginPasskey,
  verifyNewPasskey,
} from '../../../flows/register-passkey/register-passkey.ts';
import { PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';
import type { VerifiedPasskey } from '../../../records/authentication-methods/authentication-methods.ts';
import type { PageDeps } from '../deps.ts';
import { formAction, formText, secretOf, type Translator } from '../page/page.ts';
import type { PasskeyWay } from '../page-values/page-values.ts';
import { newPasskeyWay } from '../ways-in/ways-in.ts';

/** Returns the way to accept an invitation with a new passkey, or `null` if the connection has none. */
export function invitationPasskeyWay(
  deps: PageDeps,
  request: FastifyRequest,
  { view, translator }: { view: OpenInvitation; translator: Translator },
): PasskeyWay | null {
  const { connection } = view;
  const action = formAction(request, PAGE_PATHS.invitation);
  return connection && newPasskeyWay(deps, translator, { connection, action });
}

/** Answers a script that wants to make a passkey for the invited person. */
export async function sendPasskeyOptions(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  view: OpenInvitation,
): Promise<FastifyReply> {
  const translator = deps.pages.translator(request);
  const begun =
    invitationPasskeyWay(deps, request, { view, translator }) &&
    (await beginPasskey(deps, {
      ...registering(deps, request, reply),
      user: null,
      name: view.invitation.email,
      ip: request.ip,
    }));
  if (begun?.kind === 'begun') return reply.send({ options: begun.options });
  return reply.code(400).send({ problem: translator.say('passkey.failed') });
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

/** The link and the browser: the secret of forms is derived from its cookie. */
function registering({ csrf }: PageDeps, request: FastifyRequest, reply: FastifyReply) {
  const boundTo = `invitation ${secretOf(request)} ${csrf.token(request, reply)}`;
  return { kind: 'passkey', boundTo } as const;
}
