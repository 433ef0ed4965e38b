export { guardianRoutes } from './factor-routes.ts';
export { guardianEnrollmentRoutes } from './guardian-enrollments.ts';
export { guardianPhoneRoutes } from './guardian-phone.ts';
export { guardianProviderRoutes } from './guardian-providers.ts';
