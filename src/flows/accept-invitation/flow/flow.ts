// The steps of an acceptance, on a page of the application (see `http/invitation-flow`) and on the hosted pages.

export { acceptAtOnce, type Missing } from './accept-at-once.ts';
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
export { enterTotp, proveTotp, shownTotp } from './flow-totp.ts';
export { type FlowAt, type FlowDeps, type FlowEnd, viewFlow } from './flow-view.ts';
export type { Waiting, WentOn } from './go-on.ts';
export { startInvitationFlow } from './start-flow.ts';
