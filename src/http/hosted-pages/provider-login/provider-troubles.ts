import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Connection, providerName } from '../../../records/connections/connections.ts';
import type { LoginContext } from '../finish-login/finish-login.ts';
import { queryText } from '../page/page.ts';

/** Why a login at a provider has not led on. */
const TROUBLES = ['denied', 'failed', 'unavailable', 'closed'] as const;

type Trouble = (typeof TROUBLES)[number];

/** Sends the browser back to the first page of its login, which says why. */
export function sendBack(
  request: FastifyRequest,
  reply: FastifyReply,
  {
    context,
    connection,
    trouble,
  }: {
    context: LoginContext;
    connection: Connection;
    trouble: Trouble;
  },
): FastifyReply {
  const query = `&trouble=${trouble}&with=${encodeURIComponent(connection.name)}`;
  return reply.redirect(`${context.urls.login}${query}`, request.method === 'GET' ? 302 : 303);
}

/** Returns the text of the trouble that the address of a login's page names, or `undefined` if it names none. */
export function troubleText(request: FastifyRequest, context: LoginContext): string | undefined {
  const named = queryText(request, 'trouble');
  const trouble = TROUBLES.find((each) => each === named);
  if (trouble === undefined) return undefined;
  const { say } = context.translator;
  const name = queryText(request, 'with');
  const connection = context.connections.find((each) => each.name === name);
  const provider = connection ? providerName(connection) : say('providerLogin.theProvider');
  return say(`providerLogin.${trouble}`, { provider });
}

/** Returns what the address of a login's page says about a trouble, to pass it on to another page. */
export function troubleQuery(request: FastifyRequest): string {
  const trouble = queryText(request, 'trouble');
  if (trouble === undefined) return '';
  return `&${new URLSearchParams({ trouble, with: queryText(request, 'with') ?? '' })}`;
}
