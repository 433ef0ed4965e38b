import type { Api, BaseDeps } from '../route/route.ts';
import { guardianRoutes } from './factor-routes.ts';
import { guardianEnrollmentRoutes } from './guardian-enrollments.ts';
import { guardianPhoneRoutes } from './guardian-phone.ts';
import { guardianProviderRoutes } from './guardian-providers.ts';
import { guardianRuleRoutes } from './guardian-rules.ts';

/** Second factors of the server and their settings. */
export function registerGuardian(api: Api, deps: BaseDeps): void {
  guardianProviderRoutes(api);
  guardianPhoneRoutes(api, deps);
  guardianEnrollmentRoutes(api, deps);
  guardianRoutes(api, deps);
  guardianRuleRoutes(api, deps);
}
