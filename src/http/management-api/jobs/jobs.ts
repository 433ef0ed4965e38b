import type { ManageUsersDeps } from '../../../flows/manage-users/manage-users.ts';
import type { SendInvitationsDeps } from '../../../flows/send-invitations/send-invitations.ts';
import type { Api } from '../route/route.ts';
import { type ExportJobDeps, exportJobRoutes } from './export-jobs.ts';
import { jobListRoutes } from './job-list.ts';
import { type JobDeps, jobRoutes } from './job-routes.ts';
import { ticketJobRoutes } from './ticket-jobs.ts';
import { verificationJobRoutes } from './verification-jobs.ts';

export { renderUsers } from './export-file.ts';
export { registerExportFiles } from './export-jobs.ts';

export type JobsDeps = JobDeps & ExportJobDeps & SendInvitationsDeps & ManageUsersDeps;

/** Jobs: imports, exports, verification mails, and tickets for many users. */
export function registerJobs(api: Api, deps: JobsDeps): void {
  jobRoutes(api, deps);
  jobListRoutes(api, deps);
  exportJobRoutes(api, deps);
  verificationJobRoutes(api, deps);
  ticketJobRoutes(api, deps);
}
