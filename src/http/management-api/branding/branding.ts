export { brandingRoutes } from './branding-routes.ts';
export { brandingTemplateRoutes } from './branding-templates.ts';
export { brandingThemeRoutes } from './branding-themes.ts';
