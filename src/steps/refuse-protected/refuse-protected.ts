import { isReservedUserId, RESERVED_IDS } from '../../platform/ids/ids.ts';
import { Refusal } from '../../platform/refusal/refusal.ts';

/** What a request wants to read or change: ids and names as they came, whether or not they exist. */
export type Target = {
  userId?: string | null | undefined;
  userIds?: readonly string[];
  connectionId?: string | null | undefined;
  /** Name of a connection. */
  connectionName?: string | null | undefined;
  clientId?: string | null | undefined;
};

/**
 * Refuses access to administrators, their connection and the console, which no scope of the management API and no anonymous request may
 * reach: only the console, and the command line on the server's own machine, manage them. This is the only place with this rule. It queries
 * no database, because protected objects have ids that nothing else can have.
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
      'The management API cannot read or change administrators of this server, their connection or the console. Use the console, or `usher admin` on the server.',
    );
  }
}

// Text in these fields is about other things. Elsewhere a text equal to a protected id means that object.
const FREE_TEXT = /(?:^|_)(?:metadata|data|description)$|^(?:display_|given_|family_)?name$/;
const ANY_OF_THEM: Target = { userId: `${RESERVED_IDS.provider}|` };

/**
 * Applies {@link refuseProtected} to everything that a request names: in its path, query and body, at any depth, in any field, so that
 * future fields are covered.
 * @throws Refusal `protected_target`
 */
export function refuseProtectedIn(request: unknown): void {
  const left = [request];
  // No recursion: the depth of the value is not checked yet.
  for (let value = left.pop(); value !== undefined; value = left.pop()) {
    if (typeof value === 'string') {
      refuseProtected({
        userId: value,
        connectionId: value,
        connectionName: value,
        clientId: value,
      });
    } else if (Array.isArray(value)) {
      for (const each of value) if (each !== undefined) left.push(each);
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, one] of Object.entries(value)) {
        if (key === 'provider' && one === RESERVED_IDS.provider) refuseProtected(ANY_OF_THEM);
        if (one !== undefined && !FREE_TEXT.test(key)) left.push(one);
      }
    }
  }
}
