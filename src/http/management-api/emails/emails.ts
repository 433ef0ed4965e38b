import type { Api, BaseDeps } from '../route/route.ts';
import { emailOutboxRoutes } from './email-outbox.ts';
import { type EmailPreviewDeps, emailPreviewRoutes } from './email-previews.ts';
import { emailRoutes } from './email-provider-routes.ts';
import { emailTemplateRoutes } from './email-templates.ts';

export type EmailsDeps = BaseDeps & EmailPreviewDeps;

/** Email templates, previews, the mail server and the outbox. */
export function registerEmails(api: Api, deps: EmailsDeps): void {
  emailTemplateRoutes(api, deps);
  emailPreviewRoutes(api, deps);
  emailRoutes(api, deps);
  emailOutboxRoutes(api, deps);
}
