-- What exports called their fields, so that an import knows the names again. The same names make one row, however often they are used.
create table export_names (
  digest   text primary key,
  -- The newest export that used them.
  job_id   text not null,
  fields   jsonb not null,
  asked_at timestamptz not null
);
create index export_names_newest on export_names (asked_at);
