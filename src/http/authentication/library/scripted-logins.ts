import { errors, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import {
  isRemembered,
  rememberingCookie,
} from '../../../flows/remember-browser/remember-browser.ts';
import {
  type LoginActionsDeps,
  type LoginDecision,
  type LoginEffects,
  type Protocol,
  runLoginActions,
  type SuspendedLogin,
} from '../../../flows/run-login-actions/run-login-actions.ts';
import { secondFactorFor } from '../../../flows/second-factor/second-factor.ts';
import type { Json } from '../../../outbound/scripts/scripts.ts';
import { hasSecureCookies } from '../../../platform/cookie-name/cookie-name.ts';
import { findUser } from '../../../records/users/users.ts';
import type { LibraryClients } from '../clients/clients.ts';
import type { AuthenticationDeps } from '../deps.ts';
import { oauthError } from '../oauth-error.ts';
import { noteEffects, organizationIn, toAudience } from '../tokens/tokens.ts';
import { SECOND_FACTOR_PROMPT } from './second-factor-prompt.ts';

/** The prompt in which a script has sent the browser to a page of the operator. */
export const SCRIPT_PROMPT = 'scripts';

type Deps = Pick<AuthenticationDeps, 'db' | 'clock' | 'keys' | 'publicUrl' | 'audit'> &
  LoginActionsDeps & { clients: LibraryClients };

/** Where a result keeps the methods that a login has shown (RFC 8176). Sessions keep only second factors. */
export const SHOWN = 'shown_methods';

/** What a waiting interaction keeps of the scripts of its login. */
export type ScriptedState =
  /** All have run. They do not run again when the browser comes back from a second factor. */
  | { kind: 'done'; effects: LoginEffects }
  /** The browser was sent to a page of the operator. */
  | { kind: 'away'; url: string; suspended: SuspendedLogin }
  /** It is back, with what it has brought. */
  | {
      kind: 'back';
      suspended: SuspendedLogin;
      state: string;
      request: { method: string; body: Record<string, Json>; query: Record<string, Json> };
    };

/** The state of each request whose browser is being sent away. */
const leaving = new WeakMap<KoaContextWithOIDC, ScriptedState>();

/** Returns the state that an interaction keeps in a result or in the details of its prompt. */
export function scriptedStateIn(kept: unknown): ScriptedState | undefined {
  if (typeof kept !== 'object' || kept === null || !('scripts' in kept)) return undefined;
  // Only this server writes it.
  return kept.scripts as ScriptedState;
}

/**
 * Adds the scripts of a login as its last steps, after all that decides whether the user may come in: they run whenever a user is about to get
 * a code, after a login as with an older session. They may refuse, send the browser away, or ask for a second factor, which comes last.
 */
export function withScripts(
  prompts: interactionPolicy.DefaultPolicy,
  deps: Deps,
): interactionPolicy.DefaultPolicy {
  const away = new interactionPolicy.Check(
    'script_redirect',
    'An action of this server needs to show a page.',
    'interaction_required',
    (ctx) => isSentAway(deps, ctx),
    (ctx) => ({ scripts: leaving.get(ctx) }),
  );
  prompts.add(new interactionPolicy.Prompt({ name: SCRIPT_PROMPT, requestable: false }, away));
  const factor = new interactionPolicy.Check(
    'script_factor',
    'Multifactor authentication required',
    'interaction_required',
    (ctx) => isFactorAsked(deps, ctx),
  );
  prompts.add(
    new interactionPolicy.Prompt({ name: SECOND_FACTOR_PROMPT, requestable: false }, factor),
  );
  return prompts;
}

async function isSentAway(deps: Deps, ctx: KoaContextWithOIDC): Promise<boolean> {
  const { account, client, result } = ctx.oidc;
  if (!account || !client) return false;
  const state = scriptedStateIn(result);
  if (state?.kind === 'done') {
    noteEffects(ctx, state.effects);
    return false;
  }
  const decision = await decide(deps, ctx, state);
  switch (decision.kind) {
    case 'none':
      return false;
    case 'refused':
      throw oauthError(403, decision.error, decision.description);
    case 'redirected':
      leaving.set(ctx, { kind: 'away', url: decision.url, suspended: decision.suspended });
      return true;
    case 'passed':
      noteEffects(ctx, decision.effects);
      keep(ctx, { kind: 'done', effects: decision.effects });
      return false;
  }
}

/** Keeps the state with the interaction that a later prompt may begin. */
function keep({ oidc }: KoaContextWithOIDC, scripts: ScriptedState): void {
  // The library's types do not allow it. It keeps what is here with a later prompt.
  Object.assign(oidc, { result: { ...oidc.result, scripts } });
}

function decide(
  deps: Deps,
  ctx: KoaContextWithOIDC,
  state: ScriptedState | undefined,
): Promise<LoginDecision> {
  const { account, client, session, route } = ctx.oidc;
  const params: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(ctx.oidc.params ?? {})) {
    if (typeof value === 'string') params[name] = value;
  }
  const back = state?.kind === 'back' ? state : undefined;
  const { resource } = ctx.oidc.params ?? {};
  const withoutCode = params.response_type !== undefined && !params.response_type.includes('code');
  const protocol: Protocol = /^(?:code|device)_/.test(route)
    ? 'oauth2-device-code'
    : withoutCode
      ? 'oidc-implicit-profile'
      : 'oidc-basic-profile';
  return runLoginActions(deps, {
    userId: account?.accountId ?? '',
    client: deps.clients.recordOf(client as NonNullable<typeof client>),
    organizationId: organizationIn(ctx),
    protocol,
    amr: shownIn(ctx.oidc.result) ?? session?.amr ?? [],
    authTime: session?.authTime() ?? null,
    params,
    scopes: [...ctx.oidc.requestParamScopes],
    audience: typeof resource === 'string' ? toAudience(resource) : null,
    request: back?.request ?? { method: ctx.method, query: { ...params } as Record<string, Json> },
    sessionId: session?.uid ?? null,
    refreshTokenId: null,
    canRedirect: !ctx.oidc.prompts.has('none'),
    resume: back && { suspended: back.suspended, state: back.state },
  });
}

function shownIn(result: unknown): string[] | undefined {
  if (typeof result !== 'object' || result === null || !(SHOWN in result)) return undefined;
  return Array.isArray(result[SHOWN]) ? result[SHOWN].map(String) : undefined;
}

async function isFactorAsked(deps: Deps, ctx: KoaContextWithOIDC): Promise<boolean> {
  const { account, client, result, session } = ctx.oidc;
  const state = scriptedStateIn(result);
  const asked = state?.kind === 'done' ? state.effects.factor : null;
  if (!asked || !account || !client || session?.amr?.includes('mfa')) return false;
  const user = await findUser(deps.db, account.accountId);
  if (user === null) return false;
  if (asked.mayBeSpared) {
    const name = rememberingCookie(hasSecureCookies(deps.publicUrl));
    const cookie = ctx.cookies.get(name, { signed: false });
    if (await isRemembered(deps, { user, cookie })) return false;
  }
  const record = deps.clients.recordOf(client);
  const login = { user, client: record, organizationId: organizationIn(ctx), asked };
  const need = await secondFactorFor(deps, login);
  if (need.kind !== 'none') return true;
  throw new errors.AccessDenied('An action asks for a second factor, and none is enabled here.');
}
