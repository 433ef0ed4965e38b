import { type Adapter, type AdapterPayload, errors } from 'oidc-provider';
import type { Clock } from '../../../platform/clock/clock.ts';
import type { Db } from '../../../platform/db/db.ts';
import { epochSeconds } from '../../../platform/moments/moments.ts';
import { currentRequest } from '../../../platform/request-context/request-context.ts';
import {
  consumePayload,
  deleteByGrant,
  deleteFamily,
  deletePayload,
  findPayload,
  findPayloadByUid,
  findPayloadByUserCode,
  type StoredPayload,
  savePayload,
} from '../../../records/oidc-payloads/oidc-payloads.ts';
import { countTrace } from '../../../steps/limit-traces/limit-traces.ts';
import { refusal } from '../grants/grants.ts';
import type { CarriedInteractions } from './carried-interactions.ts';

export type AdapterDeps = {
  db: Db;
  clock: Clock;
  encryptionKey: Buffer;
  carried: CarriedInteractions;
  /** For how many seconds a client may use a rotated refresh token again, because an answer got lost. */
  leewayOf(clientId: string): Promise<number>;
  /** After how many seconds without use a refresh token that stays the same ends; null: never. */
  idleOf(clientId: string): Promise<number | null>;
  /** Whether a client shows who it is: then it is not just anybody who leaves something here. */
  isProven(clientId: string): Promise<boolean>;
};

/** What is stored before anybody has logged in. */
const ANONYMOUS = new Set(['Interaction', 'Session', 'DeviceCode', 'PushedAuthorizationRequest']);
/** Of these, what a client asks for itself. */
const BY_CLIENTS = new Set(['DeviceCode', 'PushedAuthorizationRequest']);

/** Where oidc-provider keeps one of its models. Clients are not kept here. */
export function createAdapter(deps: AdapterDeps, model: string): Adapter {
  const { db, clock, encryptionKey: key } = deps;

  const leewayFor = async (payload: AdapterPayload): Promise<number> =>
    model === 'RefreshToken' && payload.clientId !== undefined
      ? deps.leewayOf(payload.clientId)
      : 0;

  /** What anybody may leave here is bounded. */
  async function boundTrace(payload: AdapterPayload): Promise<void> {
    if (!ANONYMOUS.has(model) || payload.accountId !== undefined) return;
    if (payload.result !== undefined || payload.session !== undefined) return;
    const ip = currentRequest()?.ip;
    if (ip === undefined) return;
    if (BY_CLIENTS.has(model) && (await deps.isProven(payload.clientId ?? ''))) return;
    const seconds = await countTrace(db, { kind: model, ip, now: clock.now() });
    if (seconds === 0) return;
    const error_description = 'Too many requests were begun and not finished. Try again later.';
    const refused = refusal({
      status: 429,
      body: { error: 'too_many_requests', error_description },
      headers: { 'retry-after': String(seconds) },
    });
    // The page says it to the person; the application has not asked too much.
    throw Object.assign(refused, { allow_redirect: false });
  }

  async function toPayload(stored: StoredPayload | null): Promise<AdapterPayload | undefined> {
    if (stored === null) return undefined;
    const payload: AdapterPayload = stored.payload;
    if (model === 'RefreshToken' && stored.expiresAt && stored.expiresAt <= clock.now()) {
      return undefined;
    }
    if (stored.consumedAt === null) return payload;
    const since = clock.now().getTime() - stored.consumedAt.getTime();
    if (since < (await leewayFor(payload)) * 1000) return payload;
    return { ...payload, consumed: epochSeconds(stored.consumedAt) };
  }

  return {
    async upsert(id, payload, expiresIn) {
      if (model === 'Interaction' && deps.carried.take(id, payload)) return;
      await boundTrace(payload);
      const idle = model === 'RefreshToken' ? await deps.idleOf(payload.clientId ?? '') : null;
      const seconds = idle === null ? expiresIn : Math.min(idle, expiresIn ?? idle);
      const expiresAt =
        seconds === undefined ? null : new Date(clock.now().getTime() + seconds * 1000);
      await savePayload(db, key, {
        model,
        id,
        payload,
        // An interaction belongs to somebody once they have logged in.
        accountId: payload.accountId ?? payload.result?.login?.accountId ?? null,
        clientId: payload.clientId ?? null,
        grantId: model === 'Interaction' ? null : (payload.grantId ?? null),
        uid: uidOf(model, payload),
        userCode: payload.userCode ?? null,
        sessionUid: payload.sessionUid ?? null,
        device: model === 'Session' || model === 'RefreshToken' ? deviceNow() : null,
        expiresAt,
        now: clock.now(),
      });
    },

    async find(id) {
      return toPayload(await findPayload(db, key, { model, id }));
    },

    async findByUid(uid) {
      return toPayload(await findPayloadByUid(db, key, { model, uid }));
    },

    async findByUserCode(userCode) {
      return toPayload(await findPayloadByUserCode(db, key, { model, userCode }));
    },

    async consume(id) {
      const stored = await findPayload(db, key, { model, id });
      const payload: AdapterPayload = stored?.payload ?? {};
      const leewaySeconds = await leewayFor(payload);
      if (await consumePayload(db, { model, id, now: clock.now(), leewaySeconds })) return;
      // Somebody was faster by less than a database round trip: the same rule as for any second use (RFC 6749, 4.1.2).
      if (payload.grantId !== undefined) await deleteFamily(db, payload.grantId);
      throw new errors.InvalidGrant(`${model} already used`);
    },

    async destroy(id) {
      await deletePayload(db, { model, id });
    },

    async revokeByGrantId(grantId) {
      await deleteByGrant(db, { model, grantId });
    },
  };
}

/** A refresh token keeps its name through all its rotations: its grant, and when the first of them was issued. */
function uidOf(model: string, payload: AdapterPayload): string | null {
  if (model !== 'RefreshToken') return payload.uid ?? null;
  return payload.grantId === undefined ? null : `${payload.grantId} ${payload.iiat ?? ''}`;
}

/** Where the request that is being answered comes from. */
export function deviceNow() {
  const request = currentRequest();
  const userAgent = request?.userAgent?.slice(0, 500) ?? null;
  return { ip: request?.ip ?? null, userAgent };
}
