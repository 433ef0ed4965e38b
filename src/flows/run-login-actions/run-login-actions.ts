import type { Json } from '../../outbound/scripts/scripts.ts';
import type { Clock } from '../../platform/clock/clock.ts';
import type { Db } from '../../platform/db/db.ts';
import { currentRequest } from '../../platform/request-context/request-context.ts';
import type { Client } from '../../records/clients/clients.ts';
import type { Audit } from '../../records/logs/logs.ts';
import { findUser, grantMetadata } from '../../records/users/users.ts';
import type { Actions, Command } from '../../steps/run-actions/run-actions.ts';
import { type LoginEffects, NO_EFFECTS, withCommands } from './effects.ts';
import {
  loginEvent,
  type Protocol,
  ruleArguments,
  type ScriptedLogin,
  type Surroundings,
  surroundingsOf,
} from './login-event.ts';
import { effectsOfRules } from './rule-effects.ts';

export type { AskedFactor, LoginEffects } from './effects.ts';
export type { Protocol, ScriptedLogin } from './login-event.ts';

export type LoginActionsDeps = {
  db: Db;
  clock: Clock;
  audit: Audit;
  actions: Actions;
  publicUrl: string;
};

/** A login whose browser a script has sent away. It is JSON and waits with the login. */
export type SuspendedLogin = {
  /** The action that goes on, or `null` for rules, which all run again. */
  actionId: string | null;
  effects: LoginEffects;
};

export type LoginDecision =
  /** Nothing is deployed. */
  | { kind: 'none' }
  | { kind: 'passed'; effects: LoginEffects }
  /** A script has refused the login, or has failed. */
  | { kind: 'refused'; error: 'access_denied' | 'unauthorized'; description: string }
  /** The browser must go to this address, and come back to `/continue`. */
  | { kind: 'redirected'; url: string; suspended: SuspendedLogin };

/** Returned to the browser and the application instead of what a failed script says, which may be secret. */
export const FAILED = 'The login was stopped because an action of this server failed.';

/**
 * Runs the rules and actions of a login, and stores the metadata that they set, in one write at the end. It decides whether the login goes
 * on; the caller carries that out.
 * @param login.canRedirect whether a browser is there that can be sent away
 * @param login.resume a login that was sent away, and the state in its address
 */
export async function runLoginActions(
  deps: LoginActionsDeps,
  login: Omit<ScriptedLogin, 'user'> & {
    userId: string;
    canRedirect: boolean;
    resume?: { suspended: SuspendedLogin; state: string } | undefined;
  },
): Promise<LoginDecision> {
  const { db, clock, actions } = deps;
  const programs = await actions.programsOf('post-login');
  const hasRules = programs.rules.length > 0;
  if (!hasRules && programs.actions.length === 0) return { kind: 'none' };
  const user = await findUser(db, login.userId);
  if (user === null) return refused('access_denied', FAILED);
  const scripted = { ...login, user };
  const around = await surroundingsOf(db, scripted);
  const { resume } = login;
  const whole: Whole = { login: scripted, around };
  let effects = resume?.suspended.effects ?? NO_EFFECTS;

  if (hasRules && (resume === undefined || resume.suspended.actionId === null)) {
    const ruled = await applyRules(deps, whole, effects);
    if (ruled.kind !== 'passed') return ruled;
    effects = ruled.effects;
  }
  const acted = await applyActions(deps, whole, effects);
  if (acted.kind !== 'passed') return acted;
  const { appMetadata, userMetadata } = acted.effects;
  if (Object.keys(appMetadata).length + Object.keys(userMetadata).length > 0) {
    const grants = [{ userId: user.id, appMetadata, userMetadata }];
    await grantMetadata(db, { grants, at: clock.now() });
  }
  return acted;
}

type Whole = {
  login: ScriptedLogin & {
    canRedirect: boolean;
    resume?: { suspended: SuspendedLogin; state: string } | undefined;
  };
  around: Surroundings;
};

async function applyRules(
  deps: LoginActionsDeps,
  { login, around }: Whole,
  effects: LoginEffects,
): Promise<LoginDecision & { kind: Exclude<LoginDecision['kind'], 'none'> }> {
  const isBack = login.resume !== undefined;
  const protocol: Protocol = isBack ? 'redirect-callback' : login.protocol;
  const args = ruleArguments(deps, { ...login, protocol }, around);
  const about = aboutOf(login);
  const run = await deps.actions.runRules({ ...args, about });
  if (run.kind === 'none') return { kind: 'passed', effects };
  if (run.kind === 'unauthorized') {
    // The library's events do not log this error.
    deps.audit.record({ ...about, type: 'f', description: run.reason });
    return refused('unauthorized', run.reason);
  }
  if (run.kind === 'failed') return refused('access_denied', FAILED);
  const read = effectsOfRules(effects, run.context);
  const withMetadata = withCommands(read.effects, run.commands, deps.clock.now());
  if (typeof withMetadata === 'string') return failed(deps, login, withMetadata);
  // One redirect per login: what rules ask for when the browser is back is ignored, as at Auth0.
  if (read.redirect === null || isBack) return { kind: 'passed', effects: withMetadata };
  const suspended = { actionId: null, effects: withMetadata };
  return redirected(deps, login, { url: read.redirect, query: {} }, suspended);
}

async function applyActions(
  deps: LoginActionsDeps,
  { login, around }: Whole,
  effects: LoginEffects,
): Promise<LoginDecision & { kind: Exclude<LoginDecision['kind'], 'none'> }> {
  const { user, canRedirect, resume, request } = login;
  const run = await deps.actions.run({
    trigger: 'post-login',
    event: loginEvent(deps, login, around, effects.methods),
    data: {
      userId: user.id,
      host: new URL(deps.publicUrl).host,
      ip: currentRequest()?.ip ?? '',
      state: resume?.state ?? '',
      canRedirect,
      request: { body: request.body ?? {}, query: request.query ?? {} },
    },
    resume: resume?.suspended.actionId ?? undefined,
    about: aboutOf(login),
  });
  switch (run.kind) {
    case 'none':
      return { kind: 'passed', effects };
    case 'failed':
      return refused('access_denied', FAILED);
    case 'stopped':
      return refused('access_denied', reasonOf(run.commands));
  }
  const isRedirect = ({ name }: Command) => name === 'redirect.sendUserTo';
  const others = run.commands.filter((command) => !isRedirect(command));
  const changed = withCommands(effects, others, deps.clock.now());
  if (typeof changed === 'string') return failed(deps, login, changed);
  if (run.kind === 'ended') return { kind: 'passed', effects: changed };
  const [url, query] = run.commands.find(isRedirect)?.args ?? [];
  const suspended = { actionId: run.actionId, effects: changed };
  return redirected(deps, login, { url, query }, suspended);
}

function reasonOf(commands: Command[]): string {
  const last = commands.findLast(
    ({ name }) => name === 'access.deny' || name === 'validation.error',
  );
  const [first, second] = last?.args ?? [];
  return String(last?.name === 'validation.error' ? second : first).slice(0, 1000);
}

function redirected(
  deps: LoginActionsDeps,
  login: Whole['login'],
  target: { url: Json | undefined; query: Json | undefined },
  suspended: SuspendedLogin,
): LoginDecision & { kind: 'redirected' | 'refused' } {
  const url =
    typeof target.url === 'string' && URL.canParse(target.url) ? new URL(target.url) : null;
  if (url === null || !['https:', 'http:'].includes(url.protocol)) {
    return failed(deps, login, 'The address of a redirect must begin with https: or http:.');
  }
  for (const [name, value] of Object.entries(target.query ?? {})) {
    url.searchParams.set(name, String(value));
  }
  return { kind: 'redirected', url: url.href, suspended };
}

/** What a script asks for cannot be carried out: it counts as a failure. */
function failed(
  { audit }: LoginActionsDeps,
  login: Whole['login'],
  problem: string,
): LoginDecision & { kind: 'refused' } {
  audit.record({
    ...aboutOf(login),
    type: 'actions_execution_failed',
    description: 'What a script of the login asks for cannot be done.',
    details: { trigger: 'post-login', error: problem },
  });
  return refused('access_denied', FAILED);
}

function refused(error: 'access_denied' | 'unauthorized', description: string) {
  return { kind: 'refused' as const, error, description };
}

function aboutOf({ user, client }: { user: ScriptedLogin['user']; client: Client }) {
  return {
    userId: user.id,
    userName: user.email,
    clientId: client.id,
    connectionId: user.connectionId,
    ip: currentRequest()?.ip ?? null,
  };
}
