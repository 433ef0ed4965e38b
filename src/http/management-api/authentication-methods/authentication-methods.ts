import type { Api, BaseDeps } from '../route/route.ts';
import { authenticationMethodRoutes } from './authentication-method-routes.ts';
import { userEnrollmentRoutes } from './user-enrollments.ts';

export { enrollmentSchema, noEnrollment, toEnrollment } from './enrollment-wire.ts';

/** Second factors of users, at their newer and their older paths. */
export function registerAuthenticationMethods(api: Api, deps: BaseDeps): void {
  authenticationMethodRoutes(api, deps);
  userEnrollmentRoutes(api, deps);
}
