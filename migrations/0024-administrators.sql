-- Administrators live apart: in a user store of their own, under ids that nobody else can have, and with their right in a table that no
-- request of the management API writes.

create table administrators (
  user_id       text primary key references users (id) on delete cascade,
  role          text not null default 'owner' check (role in ('owner')),
  created_at    timestamptz not null default now()
);

insert into connections (id, name, strategy, options)
values ('con_administrators00', 'usher:administrators', 'auth0', '{
  "disable_signup": true, "disable_self_service_change_password": true, "brute_force_protection": true,
  "passwordPolicy": "good", "password_complexity_options": {"min_length": 10},
  "password_no_personal_info": {"enable": true}, "requires_username": false, "strategy_version": 2}');

-- Those who are administrators move: with their password, its history and their second factors, so that they log in as before. Of several
-- with one address the one who was here last comes along.
create temporary table moving on commit drop as
select distinct on (coalesce(email, username, phone_number, id)) id as old_id, 'usher|' || left(md5(id), 24) as new_id
from users
where linked_to is null and app_metadata is not null and app_metadata @> '{"usher":{"administrator":true}}'
order by coalesce(email, username, phone_number, id), last_login desc nulls last, id;

insert into users (id, connection_id, email, email_verified, username, phone_number, phone_verified, name, given_name, family_name,
  nickname, picture, blocked, mfa_factors, last_ip, last_login, logins_count, last_password_reset, created_at, updated_at)
select new_id, 'con_administrators00', email, email_verified, case when email is null then username end,
  case when email is null then phone_number end, case when email is null then phone_verified end, name, given_name, family_name,
  nickname, picture, blocked, mfa_factors, last_ip, last_login, logins_count, last_password_reset, created_at, updated_at
from users join moving on id = old_id;

insert into user_identifiers (identifier, connection_id, user_id)
select held, connection_id, id from users join moving on id = new_id, lateral (values (email), (username), (phone_number)) as v (held)
where held is not null on conflict do nothing;
insert into users_to_canonicalize (user_id) select new_id from users_to_canonicalize join moving on user_id = old_id;

insert into administrators (user_id, role, created_at) select new_id, 'owner', now() from moving;
insert into passwords (user_id, kind, phc, imported, set_at)
select new_id, kind, phc, imported, set_at from passwords join moving on user_id = old_id;
insert into password_history (user_id, set_at, stored)
select new_id, set_at, stored from password_history join moving on user_id = old_id;
insert into authentication_methods (id, user_id, kind, name, confirmed, secret, code_hash, phone_number, email, preferred, last_step, details,
  created_at, enrolled_at, updated_at, last_auth_at)
select 'dev_' || left(md5(id || new_id), 16), new_id, kind, name, confirmed, secret, code_hash, phone_number, email, preferred, last_step,
  details, created_at, enrolled_at, updated_at, last_auth_at
from authentication_methods join moving on user_id = old_id;

-- Whoever also is somebody at an application stays there as an ordinary user, without the right. The others are gone from there.
create temporary table leaving on commit drop as
select old_id from moving join users u on u.id = old_id
where coalesce(u.app_metadata - 'usher', '{}') = '{}' and coalesce(u.user_metadata, '{}') = '{}'
  and not exists (select 1 from users l where l.linked_to = old_id)
  and not exists (select 1 from organization_members m where m.user_id = old_id)
  and not exists (select 1 from user_roles r where r.user_id = old_id)
  and not exists (select 1 from user_permissions p where p.user_id = old_id)
  and not exists (select 1 from invitations i where i.user_id = old_id and i.client_key <> 'usher-console')
  and not exists (select 1 from oidc_payloads o where o.account_id = old_id and o.client_id <> 'usher-console');

-- And those who were invited to the console but have never come.
insert into leaving
select u.id from users u join invitations i on i.user_id = u.id and i.client_key = 'usher-console' and i.state = 'pending'
where u.logins_count = 0 and u.app_metadata is null and u.user_metadata is null
  and not exists (select 1 from passwords p where p.user_id = u.id)
  and not exists (select 1 from users l where l.linked_to = u.id)
  and not exists (select 1 from organization_members m where m.user_id = u.id)
  and not exists (select 1 from user_roles r where r.user_id = u.id)
  and not exists (select 1 from invitations other where other.user_id = u.id and other.id <> i.id);

-- Sessions and codes of the console, and all of those who leave, end: everybody logs in once more.
delete from oidc_payloads where client_id = 'usher-console' or account_id in (select old_id from leaving);
delete from user_identifiers where user_id in (select old_id from leaving);
delete from users where id in (select old_id from leaving);
update users set app_metadata = nullif(app_metadata - 'usher', '{}') where id in (select old_id from moving);

update invitations set state = 'revoked', revoked_at = now() where client_key = 'usher-console' and state = 'pending';
delete from settings where key = 'first_administrator';

-- The console is for them alone, and nothing that was added to it stays.
delete from connection_clients where client_id = 'usher-console';
insert into connection_clients (connection_id, client_id) select 'con_administrators00', id from clients where id = 'usher-console';
delete from client_grants where client_id = 'usher-console';
delete from client_credentials where client_id = 'usher-console';

alter table users add constraint users_administrators_apart
  check ((connection_id = 'con_administrators00') = (id like 'usher|%'));
alter table users add constraint users_administrators_unlinked
  check (linked_to is null or (id not like 'usher|%' and linked_to not like 'usher|%'));
