import type { Api, BaseDeps } from '../route/route.ts';
import { promptRenderingRoutes } from './prompt-rendering.ts';
import { promptRoutes } from './prompt-routes.ts';

/** Custom texts of pages, and how pages are rendered. */
export function registerPrompts(api: Api, deps: BaseDeps): void {
  promptRoutes(api, deps);
  promptRenderingRoutes(api, deps);
}
