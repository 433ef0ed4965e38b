/**
 * Ids of what the server keeps for those who run it: nothing that comes from outside can have one. By them alone it can be told, without
 * asking the database, what a request must not touch.
 */
export const RESERVED_IDS = {
  /** Before the bar of their users' ids. */
  provider: 'usher',
  connectionId: 'con_administrators00',
  /** No connection that is made through the API can be called that: it has a colon. */
  connectionName: 'usher:administrators',
  clientId: 'usher-console',
} as const;

const USER_PREFIX = `${RESERVED_IDS.provider}|`;

/** As `like` of SQL takes it. */
export const RESERVED_USERS_PATTERN = `${USER_PREFIX}%`;

/** Whether this is the id of somebody who runs the server. */
export function isReservedUserId(id: string): boolean {
  return id.startsWith(USER_PREFIX);
}
