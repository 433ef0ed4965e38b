/**
 * Ids that the server reserves for its administrators. No input can have one, so code can protect these objects by their id alone, without
 * a query.
 */
export const RESERVED_IDS = {
  /** The part before the bar in their user ids. */
  provider: 'usher',
  connectionId: 'con_administrators00',
  /** The colon keeps it unique: no connection created through the API has one. */
  connectionName: 'usher:administrators',
  clientId: 'usher-console',
} as const;

const USER_PREFIX = `${RESERVED_IDS.provider}|`;

/** Pattern for `like` in SQL. */
export const RESERVED_USERS_PATTERN = `${USER_PREFIX}%`;

/** Returns whether this is the id of an administrator. */
export function isReservedUserId(id: string): boolean {
  return id.startsWith(USER_PREFIX);
}
