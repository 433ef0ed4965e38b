import type { Clock } from '../../platform/clock/clock.ts';
import type { Db } from '../../platform/db/db.ts';
import type { Client } from '../../records/clients/clients.ts';
import { notePayloadUse } from '../../records/oidc-payloads/oidc-payloads.ts';

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

/**
 * Records the use of a refresh token that does not rotate, which postpones its idle limit.
 * @param input.expires latest end of the token, in seconds since 1970
 */
export async function extendRefreshToken(
  { db, clock }: { db: Db; clock: Clock },
  input: {
    id: string;
    settings: Client['settings'];
    expires: number;
    device: { ip: string | null; userAgent: string | null };
  },
): Promise<void> {
  const { id, settings, expires, device } = input;
  const now = clock.now();
  const idle = idleLimit(settings);
  const end = expires * 1000;
  await notePayloadUse(db, {
    model: 'RefreshToken',
    id,
    now,
    expiresAt: new Date(idle === null ? end : Math.min(end, now.getTime() + idle * 1000)),
    everySeconds: Math.min(NOTED_EVERY_SECONDS, (idle ?? Number.POSITIVE_INFINITY) / 10),
    device,
  });
}
