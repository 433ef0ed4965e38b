export { emailOutboxRoutes } from './email-outbox.ts';
export { type EmailPreviewDeps, emailPreviewRoutes } from './email-previews.ts';
export { emailRoutes } from './email-provider-routes.ts';
export { emailTemplateRoutes } from './email-templates.ts';
