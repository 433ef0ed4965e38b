export { type LoginState, readLoginState } from './carried-interactions.ts';
export { causeWith } from './error-causes.ts';
export { grantsOfSession } from './grants.ts';
export { noteKept, openLogins } from './interaction-cookie.ts';
export { registerLibraryRoutes } from './library-routes.ts';
export { type AuthorizationServer, createProvider, OUR_FAULT, sessionCookie } from './provider.ts';
export { SCRIPT_PROMPT, type ScriptedState, SHOWN, scriptedStateIn } from './scripted-logins.ts';
export { acrOf, SECOND_FACTOR_PROMPT } from './second-factor-prompt.ts';
