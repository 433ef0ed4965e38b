import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Clock } from '../../../platform/clock/clock.ts';
import type { Db } from '../../../platform/db/db.ts';
import type { Client } from '../../../records/clients/clients.ts';
import { notePayloadUse } from '../../../records/oidc-payloads/oidc-payloads.ts';
import type { LibraryClients } from '../clients/clients.ts';
import { deviceNow } from './adapter.ts';

/** Minimum time between two recorded uses. */
const NOTED_EVERY_SECONDS = 60;

/** Returns after how many seconds without use a non-rotating refresh token ends. `null`: never. */
export function idleLimit({ refreshToken }: Client['settings']): number | null {
  const unlimited =
    refreshToken.rotationType === 'rotating' ||
    refreshToken.expirationType === 'non-expiring' ||
    refreshToken.infiniteIdleTokenLifetime;
  return unlimited ? null : Math.max(1, refreshToken.idleTokenLifetime);
}

/** Returns whether a use rotates the refresh token. Without rotation, it records the use, which postpones the idle limit. */
export function rotation(deps: { db: Db; clock: Clock; clients: LibraryClients }) {
  return async (ctx: KoaContextWithOIDC): Promise<boolean> => {
    const { client, entities } = ctx.oidc;
    if (client === undefined) return false;
    const { settings } = deps.clients.recordOf(client);
    if (settings.refreshToken.rotationType === 'rotating') return true;
    const token = entities.RefreshToken;
    if (token?.exp === undefined) return false;
    const now = deps.clock.now();
    const idle = idleLimit(settings);
    const end = token.exp * 1000;
    await notePayloadUse(deps.db, {
      model: 'RefreshToken',
      id: token.jti,
      now,
      expiresAt: new Date(idle === null ? end : Math.min(end, now.getTime() + idle * 1000)),
      everySeconds: Math.min(NOTED_EVERY_SECONDS, (idle ?? Number.POSITIVE_INFINITY) / 10),
      device: deviceNow(),
    });
    return false;
  };
}
