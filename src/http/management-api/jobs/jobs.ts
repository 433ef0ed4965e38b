export { renderUsers } from './export-file.ts';
export { exportJobRoutes, registerExportFiles } from './export-jobs.ts';
export { type JobDeps, jobRoutes } from './job-routes.ts';
export { type TicketJobDeps, ticketJobRoutes } from './ticket-jobs.ts';
export { verificationJobRoutes } from './verification-jobs.ts';
