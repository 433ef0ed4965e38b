import type Provider from 'oidc-provider';
import type { Interaction } from 'oidc-provider';
import { decrypt, encrypt, hmacSha256 } from '../../../platform/crypto/crypto.ts';

type Payload = Record<string, unknown>;

/** An address with it stays below what HTTP servers and proxies take. */
const MOST_CHARACTERS = 2500;
const MOST_WAITING = 1000;

export type CarriedInteractions = ReturnType<typeof createCarriedInteractions>;

/** What `state` of a page's address says: which login, and the login itself where it is carried. */
export type LoginState = { uid: string; sealed: string | null };

/** Reads `state`: an id, and after a dot what was sealed. */
export function readLoginState(state: string): LoginState {
  const dot = state.indexOf('.');
  return dot < 0
    ? { uid: state, sealed: null }
    : { uid: state.slice(0, dot), sealed: state.slice(dot + 1) };
}

/**
 * Logins that anybody can begin are carried in the address of their pages, encrypted, and cost us no room; a browser may have as many as it has
 * tabs. Once somebody has logged in, or where there was a session before, an interaction is kept in the database: there it counts once.
 */
export function createCarriedInteractions({ secret }: { secret: Buffer }) {
  const key = hmacSha256(secret, 'carried interactions');
  /** Between the library's save and the answer that takes it along. */
  const waiting = new Map<string, string>();
  const kept = new Set<string>();

  function open(state: LoginState): Payload | null {
    const payload = state.sealed === null ? null : unseal(key, state.sealed);
    return payload?.jti === state.uid ? payload : null;
  }

  return {
    /** Takes an interaction that is about to be stored; false: store it. */
    take(uid: string, payload: Payload): boolean {
      if (kept.delete(uid) || !isAnonymous(payload)) return false;
      const sealed = encrypt(key, JSON.stringify(payload)).toString('base64url');
      if (sealed.length > MOST_CHARACTERS || waiting.size >= MOST_WAITING) return false;
      waiting.set(uid, sealed);
      return true;
    },
    /** The next time it is to be stored in the database. */
    keep(uid: string): void {
      kept.add(uid);
    },
    /** What names a new interaction in the address of its page. */
    stateOf(uid: string): string {
      const sealed = waiting.get(uid);
      waiting.delete(uid);
      return sealed === undefined ? uid : `${uid}.${sealed}`;
    },
    /** The login that an address carries; null: none that counts. */
    read(provider: Provider, state: LoginState, nowSeconds: number): Interaction | null {
      const payload = open(state);
      if (payload === null) return null;
      if (typeof payload.exp !== 'number' || payload.exp <= nowSeconds) return null;
      // The type leaves the constructor out; the library makes its own with it.
      const Model = provider.Interaction as unknown as new (id: string, of: Payload) => Interaction;
      return new Model(state.uid, payload);
    },
    /** What was asked for in a login that is over, to ask for it again; null: the address doesn't say. */
    paramsOf(state: LoginState): Record<string, unknown> | null {
      const params = open(state)?.params;
      return typeof params === 'object' && params !== null ? { ...params } : null;
    },
  };
}

/** Nobody has shown anything yet: whoever replays it has to log in. */
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
