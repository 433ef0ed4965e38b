import type { Audit } from '../../records/logs/logs.ts';
import type { User } from '../../records/users/users.ts';

/**
 * Writes to the tenant log that a user has a new passkey or second factor. Whatever stores one calls it after the transaction.
 * @param enrolled.factor the kind of the method, or the factor's name
 * @param enrolled.ip default: of the current request
 */
export function noteEnrollment(
  { audit }: { audit: Audit },
  enrolled: {
    user: Pick<User, 'id' | 'email'>;
    factor: string;
    clientId: string | null;
    ip?: string;
  },
): void {
  const { user, factor, clientId, ip } = enrolled;
  audit.record({
    type: 'gd_enrollment_complete',
    userId: user.id,
    userName: user.email,
    clientId,
    ...(ip !== undefined && { ip }),
    details: { factor },
  });
}
