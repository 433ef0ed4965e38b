-- How often everything that a person is signed in with was ended: raised by each change of password, block or first proof. What a login
-- leaves carries the number that held when the person showed who they are, and counts only while that is the present one. So a login
-- that began before the change and writes after it leaves nothing that works, whichever order the commits take.
-- Nobody has a row until the first time: that is 0.
create table login_epochs (
  user_id text primary key,
  epoch integer not null
);

create function login_epoch(who text) returns integer language sql stable parallel safe
  as 'select coalesce((select epoch from login_epochs where user_id = who), 0)';

alter table oidc_payloads add column epoch integer not null default 0;
alter table arrivals add column epoch integer not null default 0;
alter table pending_logins add column epoch integer not null default 0;
alter table mfa_tokens add column epoch integer not null default 0;
