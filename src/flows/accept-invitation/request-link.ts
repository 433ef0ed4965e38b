import { sha256 } from '../../platform/crypto/crypto.ts';
import { transaction } from '../../platform/db/db.ts';
import type { Enqueue } from '../../platform/tasks/tasks.ts';
import { countTrace } from '../../steps/limit-traces/limit-traces.ts';
import type { SignInDeps } from '../../steps/sign-in-by-proof/sign-in-by-proof.ts';
import { renewInvitationTask } from './renew-invitation.task.ts';

const REQUESTS_PER_ADDRESS = 100;

/** Requests a working link, sent only to the invited address. The answer and its work are the same for every secret. */
export async function requestNewLink(
  { db, clock, enqueue }: Pick<SignInDeps, 'db' | 'clock'> & { enqueue: Enqueue },
  input: { secret: string; ip: string },
): Promise<void> {
  const { ip } = input;
  const trace = {
    kind: 'InvitationRenewal',
    ip,
    fromAddress: REQUESTS_PER_ADDRESS,
    now: clock.now(),
  };
  if ((await countTrace(db, trace)) > 0) return;
  const secretHash = sha256(input.secret).toString('hex');
  await transaction(db, (tx) => enqueue(tx, renewInvitationTask, { secretHash }));
}
