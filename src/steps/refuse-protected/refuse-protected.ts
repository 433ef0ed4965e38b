import { isReservedUserId, RESERVED_IDS } from '../../platform/ids/ids.ts';
import { Refusal } from '../../platform/refusal/refusal.ts';

/** What somebody wants to read or change; ids and names as they came, whether or not there is such a thing. */
export type Target = {
  userId?: string | null | undefined;
  userIds?: readonly string[];
  connectionId?: string | null | undefined;
  /** Of a user store. */
  connectionName?: string | null | undefined;
  clientId?: string | null | undefined;
};

/**
 * Administrators, their user store and the console itself are out of reach of every scope of the management API, and of whoever comes
 * without one: only the console and the command line on the server's own machine look after them. This is the one place that knows.
 * It asks no database: what is protected has ids that nothing else can have.
 * @throws Refusal `protected_target`
 */
export function refuseProtected(target: Target): void {
  const userIds = [target.userId, ...(target.userIds ?? [])];
  if (
    userIds.some((id) => id != null && isReservedUserId(id)) ||
    target.connectionId === RESERVED_IDS.connectionId ||
    target.connectionName === RESERVED_IDS.connectionName ||
    target.clientId === RESERVED_IDS.clientId
  ) {
    throw new Refusal(
      'protected_target',
      'Administrators of this server, their user store and the console can not be read or changed by the management API.',
    );
  }
}

// Texts in these are what people write about other things; elsewhere a text that is a protected id is meant as one.
const FREE_TEXT = /(?:^|_)(?:metadata|data|description)$|^(?:display_|given_|family_)?name$/;
const ANY_OF_THEM: Target = { userId: `${RESERVED_IDS.provider}|` };

/**
 * The same for everything that a request names: in its path, its query or its body, at any depth, under whatever name, so that a field
 * that is new tomorrow is covered.
 * @throws Refusal `protected_target`
 */
export function refuseProtectedIn(request: unknown): void {
  const left = [request];
  // Not by recursion: nobody has looked yet at how deep it goes.
  for (let value = left.pop(); value !== undefined; value = left.pop()) {
    if (typeof value === 'string') {
      refuseProtected({
        userId: value,
        connectionId: value,
        connectionName: value,
        clientId: value,
      });
    } else if (Array.isArray(value)) {
      for (const one of value) if (one !== undefined) left.push(one);
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, one] of Object.entries(value)) {
        if (key === 'provider' && one === RESERVED_IDS.provider) refuseProtected(ANY_OF_THEM);
        if (one !== undefined && !FREE_TEXT.test(key)) left.push(one);
      }
    }
  }
}
