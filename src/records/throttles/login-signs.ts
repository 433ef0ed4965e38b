import { sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';
import { forgiveAttempts } from './count-attempts.ts';
import { addressKey, type Origin, throttleKey } from './throttle-keys.ts';

/** What a later login is compared with. */
export type LoginSigns = {
  userId: string;
  /** The login epoch of the user: when it ends, every device and country is new again. */
  epoch: number;
  origin: Origin;
  /** The country of the address (ISO 3166-1 alpha-2), or `null` if it is unknown. */
  country: string | null;
};

const COUNTRY = 'country:';

/** Records the device and the country of a completed login. */
export function noteLoginSigns(db: Db, signs: LoginSigns, now: Date): Promise<void> {
  const { origin, country } = signs;
  const places = [
    ...(origin.browser === null ? [] : [deviceOf(origin)]),
    deviceOf({ ...origin, browser: null }),
    ...(country === null ? [] : [COUNTRY + country]),
  ];
  return forgiveAttempts(db, { counters: [], known: { account: keyOf(signs), places, now } });
}

/**
 * Compares a login with the completed ones before. A device is a browser, or the network of a caller that is no browser: the first login of
 * a user is at a new one. A country is new if all earlier logins whose country is known came from others.
 */
export async function newLoginSigns(
  db: Db,
  signs: LoginSigns,
): Promise<{ newDevice: boolean; newCountry: boolean }> {
  const { rows } = await sql<{ place: string }>`
    select place from known_places where account = ${keyOf(signs)}`.execute(db);
  const known = new Set(rows.map((row) => row.place));
  const countries = [...known].filter((place) => place.startsWith(COUNTRY));
  return {
    newDevice: !known.has(deviceOf(signs.origin)),
    newCountry:
      signs.country !== null &&
      countries.length > 0 &&
      !countries.includes(COUNTRY + signs.country),
  };
}

function keyOf({ userId, epoch }: LoginSigns): string {
  return throttleKey('login-signs', userId, String(epoch));
}

function deviceOf({ ip, browser }: Origin): string {
  return browser === null ? addressKey('device-network', ip) : throttleKey('device', browser);
}
