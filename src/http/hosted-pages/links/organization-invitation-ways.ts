import type { FastifyRequest } from 'fastify';
import {
  fieldsAskedBy,
  type InvitationView,
} from '../../../flows/accept-invitation/accept-invitation.ts';
import { PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';
import type { Connection } from '../../../records/connections/connections.ts';
import type { User } from '../../../records/users/users.ts';
import type { PageDeps } from '../deps.ts';
import { formUrl, type LoginContext, stateQuery } from '../finish-login/finish-login.ts';
import type { PasskeyWay } from '../page-values/page-values.ts';
import { newPasskeyWay, waysIn } from '../ways-in/ways-in.ts';
import { ownPasskeyWay } from './invitation-passkey.ts';

/** How the invited person can accept. */
export type Way =
  /** The person is already logged in and accepts with one click. */
  | { kind: 'accept'; user: User }
  | { kind: 'login'; connection: Connection }
  | { kind: 'signup'; connection: Connection }
  /** There is no account, and none can be created here. */
  | { kind: 'closed' };

/** An open invitation, also one that nobody can accept now. */
export type OpenView = Extract<InvitationView, { kind: 'open' | 'login' | 'unserved' | 'blocked' }>;

type At = { context: LoginContext; view: OpenView; way: Way };

/** Returns the ways to accept besides the form. A login with a passkey or a code accepts the invitation. */
export function waysFor(deps: PageDeps, request: FastifyRequest, { context, view, way }: At) {
  if (way.kind === 'accept') return null;
  const { connections, translator } = context;
  const isHere = ({ id }: Connection) => connections.some((each) => each.id === id);
  return waysIn(deps, request, {
    translator,
    connections: view.connections,
    form: null,
    besideForm: way.kind !== 'closed',
    passkey: passkeyFor(deps, { context, view, way }),
    action: providerAction({ context, view }),
    isShown: isHere,
    // The login with a code that follows accepts the invitation.
    urlOf: (each) => (each.strategy === 'email' && isHere(each) ? formUrl(context, each) : null),
  });
}

/** Returns where a button of a provider leads. If the invitation asks for fields, its own page asks for them first. */
function providerAction({ context, view }: Pick<At, 'context' | 'view'>): string {
  const { interaction } = context;
  if (fieldsAskedBy(view) === null || view.kind === 'login') {
    return `${PAGE_PATHS.providerLogin}${stateQuery(interaction)}`;
  }
  const link = interaction.params.invitation ?? '';
  return `${PAGE_PATHS.invitationProvider}?ticket=${encodeURIComponent(link)}`;
}

/** Returns the way with the passkey of the account, or with a new one for a person without an account. */
function passkeyFor(deps: PageDeps, { context, view, way }: At): PasskeyWay | null {
  const { connections, urls, translator, interaction } = context;
  if (view.kind !== 'open' && view.kind !== 'login') return null;
  if (way.kind === 'signup') {
    const action = `${PAGE_PATHS.organizationInvitation}${stateQuery(interaction)}`;
    return newPasskeyWay(deps, translator, { connection: way.connection, action });
  }
  const { own } = view;
  return ownPasskeyWay(deps, translator, { connections, action: urls.passkey, own });
}
