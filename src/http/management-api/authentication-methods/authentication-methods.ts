export { authenticationMethodRoutes } from './authentication-method-routes.ts';
export { maskedPhone, noEnrollment } from './authentication-method-wire.ts';
export { userEnrollmentRoutes } from './user-enrollments.ts';
