-- Jobs are listed newest first (GET /api/v2/jobs).
create index jobs_newest on jobs (created_at, id);
