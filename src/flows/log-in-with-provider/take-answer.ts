import { finishProviderLogin, type ProvidedIdentity } from '../../outbound/social/social.ts';
import { type Connection, providerOf } from '../../records/connections/connections.ts';
import {
  findProviderLogin,
  newProviderLogin,
  noteAnswer,
  type ProviderLogin,
  providerLoginOf,
  takeAnswer,
} from '../../records/provider-logins/provider-logins.ts';
import { callbackUrl } from './begin.ts';
import type { ProviderLoginDeps } from './deps.ts';

/** Maximum length of an answer, with the names of its fields. */
const MOST_CHARACTERS = 32_000;

export type Received =
  /** `arrival`: the secret that this browser keeps besides, or `null` if it has shown that the login is its own. */
  | { kind: 'received'; id: string; arrival: string | null }
  /** It began in another browser or on another host, or its cookie is gone. */
  | { kind: 'elsewhere' }
  /** There is an answer already, or the time is over. */
  | { kind: 'over'; id: string }
  | { kind: 'unknown' };

/**
 * Stores the answer of a provider. Only the browser that began the login can use it, and uses it at its next request, because a POST from
 * the provider's page carries no cookies of ours. It must also be the browser that has brought the answer: otherwise who began a login could
 * send another person to the provider, and use the answer of that person.
 * @param input.origin the origin of this server at which the answer has arrived: that at which the login began
 * @param input.fields of the query or the form
 * @param input.browserOf returns the secret that this browser has for a login. Absent if the request cannot carry it.
 */
export async function receiveAnswer(
  { db, clock, keys }: ProviderLoginDeps,
  input: {
    fields: Record<string, string>;
    origin: string;
    browserOf?: (id: string) => string | null;
  },
): Promise<Received> {
  const { fields, origin, browserOf } = input;
  const now = clock.now();
  const named =
    fields.state === undefined ? null : await providerLoginOf(db, keys.encryption, fields.state);
  if (named === null || JSON.stringify(fields).length > MOST_CHARACTERS) return { kind: 'unknown' };
  const { id, redirectUri } = named;
  if (redirectUri !== callbackUrl(origin)) return { kind: 'elsewhere' };
  if (browserOf !== undefined) {
    const browser = browserOf(id);
    const login = browser && (await findProviderLogin(db, keys.encryption, { id, browser, now }));
    if (!login) return { kind: 'elsewhere' };
  }
  const arrival = browserOf === undefined ? newProviderLogin().browser : null;
  const isNoted = await noteAnswer(db, keys.encryption, { id, answer: fields, arrival, now });
  return isNoted ? { kind: 'received', id, arrival } : { kind: 'over', id };
}

/** Returns a login at a provider that began in this browser, or `null`. Changes nothing. */
export function viewProviderLogin(
  { db, clock, keys }: Pick<ProviderLoginDeps, 'db' | 'clock' | 'keys'>,
  { id, browser }: { id: string; browser: string },
): Promise<ProviderLogin | null> {
  return findProviderLogin(db, keys.encryption, { id, browser, now: clock.now() });
}

export type Answered =
  | { kind: 'proved'; identity: ProvidedIdentity }
  /** Another request has used the answer, or the time is over. */
  | { kind: 'over' }
  /** The person did not agree at the provider, or the provider refused. */
  | { kind: 'denied' }
  | { kind: 'failed' }
  | { kind: 'unavailable' };

/** Uses up the provider's answer, once, and verifies it. What fails is recorded in the tenant log. */
export async function verifyAnswer(
  deps: ProviderLoginDeps,
  input: {
    id: string;
    browser: string;
    connection: Connection;
    clientId: string | null;
    ip: string;
  },
): Promise<Answered> {
  const { db, clock, keys, audit } = deps;
  const { id, browser, connection, clientId, ip } = input;
  const taken = await takeAnswer(db, keys.encryption, { id, browser, now: clock.now() });
  if (taken === null) return { kind: 'over' };
  const { answer, state, nonce, verifier, redirectUri } = taken;
  const finished = await finishProviderLogin(deps, providerOf(connection, keys.encryption), {
    answer,
    state,
    nonce,
    verifier,
    redirectUri,
  });
  if (finished.kind === 'proved') return finished;
  const description =
    finished.kind === 'denied'
      ? `${finished.error}: ${finished.description ?? 'no description'}`
      : finished.why;
  audit.record({ type: 'f', description, connectionId: connection.id, clientId, ip });
  return { kind: finished.kind };
}
