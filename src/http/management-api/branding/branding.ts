import type { Api, BaseDeps } from '../route/route.ts';
import { brandingRoutes } from './branding-routes.ts';
import { brandingTemplateRoutes } from './branding-templates.ts';
import { brandingThemeRoutes } from './branding-themes.ts';

/** Colors, logo, themes and page templates. */
export function registerBranding(api: Api, deps: BaseDeps): void {
  brandingRoutes(api, deps);
  brandingThemeRoutes(api, deps);
  brandingTemplateRoutes(api, deps);
}
