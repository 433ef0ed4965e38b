import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  beginPasskey,
  verifyNewPasskey,
} from '../../../flows/register-passkey/register-passkey.ts';
import type { VerifiedPasskey } from '../../../records/authentication-methods/authentication-methods.ts';
import type { PageDeps } from '../deps.ts';
import type { LoginContext } from '../finish-login/finish-login.ts';
import { formText } from '../page/page.ts';

type At = { request: FastifyRequest; context: LoginContext };

/** Answers a script that wants to make a passkey for a new account. @param at.name what authenticators show */
export async function sendNewPasskeyOptions(
  deps: PageDeps,
  at: At & { reply: FastifyReply; name: string },
): Promise<FastifyReply> {
  const { request, reply, context, name } = at;
  const wanted = { ...registering(context), user: null, name, ip: request.ip };
  const begun = await beginPasskey(deps, wanted);
  if (begun.kind === 'begun') return reply.send({ options: begun.options });
  return reply.code(400).send({ problem: context.translator.say('passkey.failed') });
}

/** Returns the passkey that a form has sent for a new account. */
export async function sentPasskey(
  deps: PageDeps,
  { request, context }: At,
): Promise<{ passkey: VerifiedPasskey } | { problem: 'passkey' }> {
  const answer = formText(request, 'credential');
  const passkey = await verifyNewPasskey(deps, { ...registering(context), answer });
  return passkey === null ? { problem: 'passkey' } : { passkey };
}

function registering({ interaction }: LoginContext) {
  return { kind: 'passkey', boundTo: `sign-up ${interaction.uid}` } as const;
}
