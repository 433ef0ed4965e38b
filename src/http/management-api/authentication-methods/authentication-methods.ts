import type { Api, BaseDeps } from '../route/route.ts';
import { authenticationMethodRoutes } from './authentication-method-routes.ts';
import { userEnrollmentRoutes } from './user-enrollments.ts';

export { maskedPhone, noEnrollment } from './authentication-method-wire.ts';

/** Second factors of users, at their newer and their older paths. */
export function registerAuthenticationMethods(api: Api, deps: BaseDeps): void {
  authenticationMethodRoutes(api, deps);
  userEnrollmentRoutes(api, deps);
}
