export { type Assets, readAssets } from './assets.ts';
export { type BrandSource, createBrand } from './brand-source.ts';
export { brandLook, fontOrigin, templateVariables } from './brand-views.ts';
export { type LoginLook, lookOf } from './login-look.ts';
export { type OrganizationLook, organizationLook } from './organization-look.ts';
