import { randomBytes } from 'node:crypto';
import {
  beginProviderLogin,
  createSocial,
  type FinishOutcome,
  finishProviderLogin,
  type ProvidedIdentity,
  type Provider,
} from '../../../src/outbound/social/social.ts';
import { type Clock, systemClock } from '../../../src/platform/clock/clock.ts';
import { createEgress } from '../../../src/platform/egress/egress.ts';
import type { Person, StandIn } from './stand-in.ts';
import { PROVIDER_CLIENT } from './tokens.ts';

export const CALLBACK = 'https://id.example.com/login/callback';

/** Returns what the server needs to log people in at these stand-ins. */
export function socialWith(
  standIns: Pick<StandIn, 'endpoints'>[],
  { clock = systemClock }: { clock?: Clock } = {},
) {
  const endpoints = Object.assign({}, ...standIns.map((standIn) => standIn.endpoints));
  return {
    social: createSocial({ clock, egress: createEgress({ allow: ['127.0.0.1'] }), endpoints }),
  };
}

/** A connection to a provider. */
export function aProvider(strategy: string, options: Record<string, unknown> = {}): Provider {
  return {
    connectionId: 'con_of_the_test',
    connectionName: 'acme',
    strategy,
    options: {
      client_id: PROVIDER_CLIENT.clientId,
      client_secret: PROVIDER_CLIENT.clientSecret,
      ...options,
    },
  };
}

type Deps = ReturnType<typeof socialWith>;
type Change = {
  person?: Person | null;
  /** Changes what arrives at the callback. */
  answer?: (fields: Record<string, string>) => Record<string, string>;
  /** Changes what the server has kept. */
  kept?: { state?: string; nonce?: string | null; verifier?: string | null; redirectUri?: string };
  scopes?: string[];
  prompt?: string;
  params?: Record<string, string>;
};

/** Begins a login, logs in at the provider, and ends the login. Also returns what went to the provider, by the query of its page. */
export async function logInAt(
  deps: Deps,
  provider: Provider,
  standIn: Pick<StandIn, 'logIn'>,
  change: Change = {},
) {
  const state = randomBytes(16).toString('base64url');
  const { scopes, prompt, params } = change;
  const begun = await beginProviderLogin(deps, provider, {
    state,
    redirectUri: CALLBACK,
    scopes,
    prompt,
    params,
  });
  if (begun.kind !== 'begun') throw new Error(`The login did not begin: ${begun.why}`);
  const fields = await standIn.logIn(begun.url, change.person);
  const kept = {
    state,
    nonce: begun.nonce,
    verifier: begun.verifier,
    redirectUri: CALLBACK,
    ...change.kept,
    answer: change.answer?.(fields) ?? fields,
  };
  const outcome = await finishProviderLogin(deps, provider, kept);
  return { begun, asked: Object.fromEntries(new URL(begun.url).searchParams), kept, outcome };
}

/** Returns the identity of an outcome. @throws if it proves none */
export function identityOf(outcome: FinishOutcome): ProvidedIdentity {
  if (outcome.kind !== 'proved') throw new Error(JSON.stringify(outcome));
  return outcome.identity;
}
