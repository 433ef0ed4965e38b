-- How pages look and what they say: one document per row, found by its kind and name.
-- `revision` grows with every write, so that a node can ask in one go whether what it knows is still true.
create sequence branding_revision;

create table branding (
  kind text not null check (kind in ('settings', 'theme', 'page-template', 'prompts', 'texts', 'partials', 'rendering')),
  name text not null default '',
  -- BCP 47 tag of texts; '' elsewhere.
  language text not null default '',
  value jsonb not null,
  revision bigint not null default nextval('branding_revision'),
  updated_at timestamptz not null,
  primary key (kind, name, language)
);

-- There is at most one theme.
create unique index branding_one_theme on branding (kind) where kind = 'theme';

-- Other names under which this server is reached. Links are built with one only once it is known to be the operator's.
create table custom_domains (
  id text primary key,
  domain text not null check (domain = lower(domain)),
  type text not null,
  -- Random; the operator proves to own the name by publishing it in DNS.
  verification text not null,
  verified_at timestamptz,
  is_default boolean not null default false check (not is_default or verified_at is not null),
  settings jsonb not null default '{}',
  created_at timestamptz not null
);

create unique index custom_domains_domain on custom_domains (domain);
create unique index custom_domains_one_default on custom_domains (is_default) where is_default;
