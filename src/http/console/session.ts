import type { FastifyReply, FastifyRequest } from 'fastify';
import { findAdministrator } from '../../flows/appoint-administrators/appoint-administrators.ts';
import { hmacSha256, sameBytes } from '../../platform/crypto/crypto.ts';
import { loginEpoch } from '../../records/oidc-payloads/oidc-payloads.ts';
import type { User } from '../../records/users/users.ts';
import type { ConsoleDeps } from './deps.ts';
import { createSealedCookie } from './sealed-cookie.ts';

/** A console session. `epoch` is the user's login epoch: a password change ends the session on every node. */
type Session = { id: string; userId: string; epoch: number };

export type Visit = { user: User; session: Session };

export type Sessions = {
  /** Starts a session, bound to the oldest login epoch that this request has read. */
  begin(reply: FastifyReply, input: { user: User; id: string }): Promise<void>;
  /** Returns the administrator who sent the request, from the database, or `null` if there is none or no longer one. */
  visitOf(request: FastifyRequest): Promise<Visit | null>;
  end(reply: FastifyReply): void;
  /** Returns the token for a form of this session. `about` is the form's purpose. */
  formToken(session: Session, about: string): string;
  /** Returns whether a form comes from a page of this session and from our own origin. */
  isOurs(request: FastifyRequest, visit: Visit, form: { token: string; about: string }): boolean;
};

const LIFETIME_SECONDS = 8 * 3600;

export function createSessions(
  deps: Pick<ConsoleDeps, 'db' | 'clock' | 'keys' | 'publicUrl' | 'secureCookies'>,
): Sessions {
  const { db, clock, keys, publicUrl } = deps;
  const cookie = createSealedCookie<Session>({
    name: 'usher_console',
    purpose: 'console session',
    key: keys.cookie,
    lifetimeSeconds: LIFETIME_SECONDS,
    secure: deps.secureCookies,
    now: clock.now,
  });
  const formToken: Sessions['formToken'] = (session, about) =>
    hmacSha256(keys.csrf, `console ${session.id} ${about}`).toString('base64url');

  return {
    async begin(reply, { user, id }) {
      const epoch = await loginEpoch.ofThisRequest(db, user.id);
      cookie.set(reply, { id, userId: user.id, epoch });
    },
    async visitOf(request) {
      const session = cookie.read(request);
      const found = session && (await findAdministrator(db, session.userId));
      if (!session || !found) return null;
      const { user } = found;
      const epoch = await loginEpoch.ofThisRequest(db, user.id);
      return session.epoch === epoch ? { user, session } : null;
    },
    end: cookie.clear,
    formToken,
    isOurs(request, visit, { token, about }) {
      const expected = Buffer.from(formToken(visit.session, about));
      return isSameOrigin(request, publicUrl) && sameBytes(Buffer.from(token), expected);
    },
  };
}

function isSameOrigin(request: FastifyRequest, publicUrl: string): boolean {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  const { origin } = request.headers;
  // Our own forms send `null`, because the pages ask for no referrer (Fetch, "append a request Origin header").
  return origin === undefined || origin === 'null' || origin === new URL(publicUrl).origin;
}
