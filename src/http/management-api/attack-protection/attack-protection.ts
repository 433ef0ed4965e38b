export { attackProtectionRoutes } from './attack-protection-routes.ts';
export { anomalyRoutes, userBlockRoutes } from './user-blocks.ts';
