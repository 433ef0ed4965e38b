import type { FastifyReply } from 'fastify';
import { listPrograms, scopesOfApi } from '../../flows/create-credentials/create-credentials.ts';
import { newClientId } from '../../records/clients/clients.ts';
import { countInvitations } from '../../records/invitations/invitations.ts';
import { countMessagesUpTo } from '../../records/messages/messages.ts';
import { countUsersUpTo } from '../../records/users/users.ts';
import type { RouteDeps } from './route-deps.ts';
import { scopeChoice, scopesOfPreset } from './scope-choice.ts';
import type { Visit } from './session.ts';

/** Maximum that the page counts, so that it stays fast on a large server. */
const COUNTED = 100_000;
const LISTED = 100;
export const MAX_NAME = 100;

/** The values of the form when the page shows it. */
export type FormState = {
  problem?: string;
  isNameBad?: boolean;
  name?: string;
  scope?: string[];
  preset?: string;
};

/** Sends the page of `/console`. */
export async function showHome(
  deps: RouteDeps,
  reply: FastifyReply,
  { user, session }: Visit,
  state: FormState = {},
): Promise<FastifyReply> {
  const { db, clock, publicUrl, pages, sessions } = deps;
  const now = clock.now();
  const clientId = newClientId();
  const [users, open, accepted, queued, failed, scopes, { programs, total }] = await Promise.all([
    countUsersUpTo(db, COUNTED),
    countInvitations(db, { state: 'pending', now }),
    countInvitations(db, { state: 'accepted', now }),
    countMessagesUpTo(db, 'queued', COUNTED),
    countMessagesUpTo(db, 'failed', COUNTED),
    scopesOfApi(deps),
    listPrograms(deps, { limit: LISTED }),
  ]);
  const chosen = state.scope ?? scopesOfPreset(state.preset ?? '', scopes);
  return pages.send(reply, {
    template: 'home',
    title: `Hello, ${user.givenName ?? user.name ?? user.email ?? user.id}`,
    status: state.problem === undefined ? 200 : 400,
    values: {
      publicUrl,
      counts: [
        { label: 'Users', value: shown(users), isBad: false },
        { label: 'Invitations open', value: shown(open), isBad: false },
        { label: 'Invitations accepted', value: shown(accepted), isBad: false },
        { label: 'Emails waiting', value: shown(queued), isBad: false },
        { label: 'Emails failed', value: shown(failed), isBad: failed > 0 },
      ],
      programs: programs.map((program) => ({
        ...program,
        scope: program.scope.toSorted(),
        scopes: program.scope.length === 1 ? '1 scope' : `${program.scope.length} scopes`,
        isEvery: program.scope.length >= scopes.length,
        made: program.createdAt.toISOString().slice(0, 10),
        // The next start would create it again.
        isFromEnvironment: program.clientId === deps.bootstrapClientId,
        revokeUrl: `/console/credentials/${encodeURIComponent(program.clientId)}/revoke`,
      })),
      hasMore: total > LISTED,
      listed: LISTED,
      hasMailbox: deps.hasMailbox,
      clientId,
      maxName: MAX_NAME,
      choice: scopeChoice(scopes, chosen, state.preset),
      csrf: sessions.formToken(session, `credentials ${clientId}`),
      logoutCsrf: sessions.formToken(session, 'logout'),
      problem: state.problem ?? null,
      isNameBad: state.isNameBad === true,
      // Liquid treats '' as true.
      name: state.name || null,
    },
  });
}

function shown(count: number): string {
  const number = new Intl.NumberFormat('en').format(Math.min(count, COUNTED));
  return count > COUNTED ? `${number}+` : number;
}
