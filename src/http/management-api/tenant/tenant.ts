export { tenantRoutes } from './tenant-routes.ts';
export { LOCALES, locales } from './tenant-wire.ts';
