import type Provider from 'oidc-provider';
import type { Interaction } from 'oidc-provider';
import { decrypt, encrypt, hmacSha256 } from '../../../platform/crypto/crypto.ts';

type Payload = Record<string, unknown>;

/** Maximum length, so that the address stays below the limits of HTTP servers and proxies. */
const MOST_CHARACTERS = 2500;
const MOST_WAITING = 1000;

export type CarriedInteractions = ReturnType<typeof createCarriedInteractions>;

/** The content of `state` in a page's address: the ID of the login, and the login itself if the address carries it. */
export type LoginState = { uid: string; sealed: string | null };

/** Reads `state`: an ID, and after a dot the encrypted login. */
export function readLoginState(state: string): LoginState {
  const dot = state.indexOf('.');
  return dot < 0
    ? { uid: state, sealed: null }
    : { uid: state.slice(0, dot), sealed: state.slice(dot + 1) };
}

/**
 * Carries anonymous logins in the address of their pages, encrypted, so that they need no storage. A browser can have one in each tab. After
 * a login, or if there was a session before, the database stores the interaction, so that it works only once.
 */
export function createCarriedInteractions({ secret }: { secret: Buffer }) {
  const key = hmacSha256(secret, 'carried interactions');
  /** Interactions between the library's save and the answer that carries them. */
  const waiting = new Map<string, string>();
  const kept = new Set<string>();

  function open(state: LoginState): Payload | null {
    const payload = state.sealed === null ? null : unseal(key, state.sealed);
    return payload?.jti === state.uid ? payload : null;
  }

  return {
    /** Takes an interaction instead of the database. Returns false if the database must store it. */
    take(uid: string, payload: Payload): boolean {
      if (kept.delete(uid) || !isAnonymous(payload)) return false;
      const sealed = encrypt(key, JSON.stringify(payload)).toString('base64url');
      if (sealed.length > MOST_CHARACTERS || waiting.size >= MOST_WAITING) return false;
      waiting.set(uid, sealed);
      return true;
    },
    /** Makes the next save go to the database. */
    keep(uid: string): void {
      kept.add(uid);
    },
    /** Returns the `state` of a new interaction for the address of its page. */
    stateOf(uid: string): string {
      const sealed = waiting.get(uid);
      waiting.delete(uid);
      return sealed === undefined ? uid : `${uid}.${sealed}`;
    },
    /** Returns the login that an address carries, or `null` if there is no valid one. */
    read(provider: Provider, state: LoginState, nowSeconds: number): Interaction | null {
      const payload = open(state);
      if (payload === null) return null;
      if (typeof payload.exp !== 'number' || payload.exp <= nowSeconds) return null;
      // The library's type omits the constructor.
      const Model = provider.Interaction as unknown as new (id: string, of: Payload) => Interaction;
      return new Model(state.uid, payload);
    },
    /** Returns the parameters of an expired login, to start it again, or `null` if the address has none. */
    paramsOf(state: LoginState): Record<string, unknown> | null {
      const params = open(state)?.params;
      return typeof params === 'object' && params !== null ? { ...params } : null;
    },
  };
}

/** Returns whether nobody has authenticated yet, so that a replay still has to log in. */
function isAnonymous({ result, lastSubmission, session, grantId, deviceCode }: Payload): boolean {
  return [result, lastSubmission, session, grantId, deviceCode].every((part) => part === undefined);
}

function unseal(key: Buffer, sealed: string): Payload | null {
  try {
    return JSON.parse(decrypt(key, Buffer.from(sealed, 'base64url')));
  } catch {
    return null;
  }
}
