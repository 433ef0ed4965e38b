import type { Api, BaseDeps } from '../route/route.ts';
import { attackProtectionRoutes } from './attack-protection-routes.ts';
import { textLimitRoutes } from './text-limit-routes.ts';
import { anomalyRoutes, userBlockRoutes } from './user-blocks.ts';

/** Limits on password guessing, and the blocks that they cause. */
export function registerAttackProtection(api: Api, deps: BaseDeps): void {
  attackProtectionRoutes(api, deps);
  textLimitRoutes(api, deps);
  userBlockRoutes(api, deps);
  anomalyRoutes(api, deps);
}
