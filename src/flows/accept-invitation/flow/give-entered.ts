import { decrypt } from '../../../platform/crypto/crypto.ts';
import type { Db } from '../../../platform/db/db.ts';
import {
  addRecoveryCode,
  insertMethod,
  useTotpStep,
} from '../../../records/authentication-methods/authentication-methods.ts';
import type { FlowState } from '../../../records/invitation-flows/invitation-flows.ts';
import { giveProfile } from '../ask-fields.ts';
import { shownFactors } from './flow-steps.ts';
import type { FlowAt, FlowDeps } from './flow-view.ts';

/** What a person has entered, in a flow or at once. */
export type Given = Pick<FlowAt, 'view' | 'needs'> & {
  flow: { state: Pick<FlowState, 'profile' | 'phone' | 'totp'> };
};

/**
 * Gives a person what was entered in the flow: fields, and second factors that the flow has seen. Run it in the transaction of the
 * acceptance.
 * @returns the person's first recovery code, or `null`
 */
export async function giveEntered(
  deps: FlowDeps,
  tx: Db,
  at: Given,
  accepted: { userId: string; at: Date },
): Promise<string | null> {
  const { userId, at: now } = accepted;
  await giveProfile(tx, at.flow.state.profile, accepted);
  const isEnrolled = await enroll(deps, tx, at, accepted);
  return isEnrolled && at.needs.givesRecoveryCode ? addRecoveryCode(tx, { userId, now }) : null;
}

/** Returns whether a second factor was enrolled. */
async function enroll(
  { keys }: FlowDeps,
  tx: Db,
  { flow, view, needs }: Given,
  { userId, at: now }: { userId: string; at: Date },
): Promise<boolean> {
  const { phone, totp } = flow.state;
  const shown = shownFactors(flow.state, needs);
  const method = { userId, confirmed: true };
  const writing = { key: keys.encryption, now };
  let isEnrolled = false;
  if (phone !== null && shown.includes('sms')) {
    const { number: phoneNumber } = phone;
    await insertMethod(tx, { ...method, kind: 'phone', phoneNumber, preferred: 'sms' }, writing);
    isEnrolled = true;
  }
  if (totp !== null && totp.step !== null && shown.includes('otp')) {
    const totpSecret = decrypt(keys.encryption, Buffer.from(totp.sealed, 'base64'));
    const added = await insertMethod(tx, { ...method, kind: 'totp', totpSecret }, writing);
    if (added.kind !== 'inserted') throw new Error('A new secret is enrolled already.');
    // The code of the enrollment must not work again.
    await useTotpStep(tx, { id: added.method.id, userId, step: totp.step, now });
    isEnrolled = true;
  }
  if (needs.isAddressEnough && !isEnrolled) {
    // The link has proved this address.
    const { email } = view.invitation;
    await insertMethod(tx, { ...method, kind: 'email', email }, writing);
    isEnrolled = true;
  }
  return isEnrolled;
}
