// People who accept an invitation on a page of its application, step by step: see `http/invitation-flow`.
export type { FlowStepped } from './change-flow.ts';
export { completeInvitationFlow } from './complete-flow.ts';
export { choosePasswordInFlow, enterProfile } from './enter-flow.ts';
export {
  enterCode,
  enterExisting,
  enterExistingPasskey,
  enterIdentity,
  enterPasskey,
} from './enter-shown.ts';
export { enterPhone, provePhone, type RefusedCode } from './flow-phone.ts';
export { enterTotp, proveTotp } from './flow-totp.ts';
export { type FlowAt, type FlowEnd, viewFlow } from './flow-view.ts';
export { startInvitationFlow } from './start-flow.ts';
