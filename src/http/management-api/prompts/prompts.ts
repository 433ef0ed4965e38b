export { promptRenderingRoutes } from './prompt-rendering.ts';
export { promptRoutes } from './prompt-routes.ts';
