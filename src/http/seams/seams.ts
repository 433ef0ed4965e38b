export {
  AUTHENTICATION_ERRORS,
  type AuthenticationErrorCode,
  type OAuthErrorBody,
} from './authentication-errors.ts';
export type { Interaction, Interactions } from './interactions.ts';
export type {
  DevicePage,
  DevicePageProblem,
  ErrorCause,
  FrameSign,
  SharedPages,
} from './pages-for-doors.ts';
