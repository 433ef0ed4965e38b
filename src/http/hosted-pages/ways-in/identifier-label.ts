import {
  type Connection,
  identifiersOf,
  loginIdentifiersOf,
} from '../../../records/connections/connections.ts';
import type { TextPath } from '../page/page.ts';

/** Returns the label of the identifier. Without `attributes`, an old phone number still works but the label does not name it. */
export function identifierLabel(connection: Connection): TextPath {
  const asked = loginIdentifiersOf(connection).filter(
    (kind) => identifiersOf(connection)[kind].signup !== 'inactive',
  );
  const labels: Record<string, TextPath> = {
    'email username': 'common.identifier',
    'email phoneNumber': 'common.emailOrPhone',
    'phoneNumber username': 'common.phoneOrUsername',
    phoneNumber: 'common.phone',
    username: 'common.username',
    email: 'common.email',
  };
  const key = [...asked].sort().join(' ');
  return labels[key] ?? (asked.length === 0 ? 'common.email' : 'common.anyIdentifier');
}
