-- Whether the person may request a new link in place of one that has ended. Links from before can be renewed as they could.
alter table tickets add column renewable boolean not null default true;
