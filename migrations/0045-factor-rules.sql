-- Who must show a second factor, beyond the policy of the whole server: each row names a role, an organization or an application. A rule
-- ends with the object that it names.
create table second_factor_rules (
  role_id         text unique references roles (id) on delete cascade,
  organization_id text unique references organizations (id) on delete cascade,
  client_id       text unique references clients (id) on delete cascade,
  check (num_nonnulls(role_id, organization_id, client_id) = 1)
);

-- What an invitation asks a person to enroll. It stays until the person has one of the factors, so that a closed page loses nothing.
create table required_factors (
  user_id    text primary key references users (id) on delete cascade,
  factors    jsonb not null,
  created_at timestamptz not null
);

-- `confidence-score` asked everybody who has a factor. It now asks at a risk. Servers that had it keep their former rule beside it.
insert into factor_settings (key, value, updated_at)
select 'rules:enrolled', 'true', now() from factor_settings where key = 'policies' and value ? 'confidence-score';
