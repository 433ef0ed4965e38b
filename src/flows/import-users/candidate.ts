import type { BulkUser } from '../../records/users/users.ts';
import type { RowOutcome } from './segment-codec.ts';
import type { ImportedUser } from './validate-row/validate-row.ts';

/** An accepted row, on its way through one segment. */
export type Candidate = {
  outcome: RowOutcome;
  raw: Buffer;
  user: ImportedUser;
  record: BulkUser;
  isBlocked: boolean;
};
