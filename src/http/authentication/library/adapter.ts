import { type Adapter, type AdapterPayload, errors } from 'oidc-provider';
import { limitAnonymousRecord } from '../../../flows/limit-requests/limit-requests.ts';
import { type Clock, epochSeconds } from '../../../platform/clock/clock.ts';
import type { Db } from '../../../platform/db/db.ts';
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
import { tokenError } from '../grants/grants.ts';
import type { CarriedInteractions } from './carried-interactions.ts';

export type AdapterDeps = {
  db: Db;
  clock: Clock;
  encryptionKey: Buffer;
  carried: CarriedInteractions;
  /** Returns how long a client can use a rotated refresh token again after a lost answer, in seconds. */
  leewayOf(clientId: string): Promise<number>;
  /** Returns after how many seconds without use a non-rotating refresh token ends. `null`: never. */
  idleOf(clientId: string): Promise<number | null>;
  /** Returns whether a client authenticates, so that its records are not anonymous. */
  isProven(clientId: string): Promise<boolean>;
};

/** Models that are stored before a login. */
const ANONYMOUS = new Set(['Interaction', 'Session', 'DeviceCode', 'PushedAuthorizationRequest']);
/** Those of them that a client creates. */
const BY_CLIENTS = new Set(['DeviceCode', 'PushedAuthorizationRequest']);

/** Creates the storage of one of oidc-provider's models. It does not store clients. */
export function createAdapter(deps: AdapterDeps, model: string): Adapter {
  const { db, clock, encryptionKey: key } = deps;

  const leewayFor = async (payload: AdapterPayload): Promise<number> =>
    model === 'RefreshToken' && payload.clientId !== undefined
      ? deps.leewayOf(payload.clientId)
      : 0;

  /** Limits the number of anonymous records. */
  async function boundTrace(payload: AdapterPayload): Promise<void> {
    if (!ANONYMOUS.has(model) || payload.accountId !== undefined) return;
    if (payload.result !== undefined || payload.session !== undefined) return;
    const ip = currentRequest()?.ip;
    if (ip === undefined) return;
    if (BY_CLIENTS.has(model) && (await deps.isProven(payload.clientId ?? ''))) return;
    const seconds = await limitAnonymousRecord(deps, { model, ip });
    if (seconds === 0) return;
    const error_description = 'Too many unfinished requests. Try again later.';
    const refused = tokenError({
      status: 429,
      body: { error: 'too_many_requests', error_description },
      headers: { 'retry-after': String(seconds) },
    });
    // The page tells the user, because the application did nothing wrong.
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
        // An interaction belongs to a user after the login.
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
      // A simultaneous request was faster, which counts as any second use (RFC 6749, 4.1.2).
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

/** Returns the ID that a refresh token keeps through its rotations: its grant, and the time of its first issue. */
function uidOf(model: string, payload: AdapterPayload): string | null {
  if (model !== 'RefreshToken') return payload.uid ?? null;
  return payload.grantId === undefined ? null : `${payload.grantId} ${payload.iiat ?? ''}`;
}

/** Returns the device of the current request. */
export function deviceNow() {
  const request = currentRequest();
  const userAgent = request?.userAgent?.slice(0, 500) ?? null;
  return { ip: request?.ip ?? null, userAgent };
}
