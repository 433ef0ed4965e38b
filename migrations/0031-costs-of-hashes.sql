-- What the costliest imported hash of a user store takes to verify, in ms by the estimates of src/platform/password-hash/cost.ts: wrong
-- answers there take as long. Only imports raise it, with the hashes, in one transaction.
create table password_costs (
  connection_id text primary key references connections (id) on delete cascade,
  costliest_ms  integer not null check (costliest_ms > 0)
);

-- Hashes from before: the same estimates.
insert into password_costs (connection_id, costliest_ms)
  select connection_id, greatest(1, least(10000, ceil(max(ms))))
  from (
    select u.connection_id,
      case p.imported ->> 'algorithm'
        when 'bcrypt' then power(2, substring(h.value from '^\$2[aby]\$(\d\d)')::float8) / 17.5
        when 'argon2' then greatest(
          substring(h.value from '[$,]m=(\d{1,10})')::float8 * substring(h.value from '[$,]t=(\d{1,10})')::float8 / 2800,
          -- As much memory counts as costly, however short it takes.
          case when substring(h.value from '[$,]m=(\d{1,10})')::float8 > 65536 then 101 end)
        when 'scrypt' then coalesce((p.imported ->> 'cost')::float8, 16384) * coalesce((p.imported ->> 'blockSize')::float8, 8)
          * coalesce((p.imported ->> 'parallelization')::float8, 1) / 3000
        when 'pbkdf2' then coalesce(substring(h.value from '[$,]i=(\d{1,10})')::float8, 100000)
          * case when h.value ~* '^\$pbkdf2-(rsa-)?sha-?(1|224|256|384|512)\$'
              then ceil(coalesce(substring(h.value from '[$,]l=(\d{1,10})')::float8, 64)
                  / coalesce(nullif(substring(h.value from '^\$pbkdf2-(?:[Rr][Ss][Aa]-)?[Ss][Hh][Aa]-?(\d+)\$'), '1')::float8 / 8, 20))
                / case when h.value ~* '^\$pbkdf2-(rsa-)?sha-?(384|512)\$' then 2400 else 7000 end
              else ceil(coalesce(substring(h.value from '[$,]l=(\d{1,10})')::float8, 64) / 16) / 1400 end
      end as ms
    from passwords as p
    join users as u on u.id = p.user_id
    cross join lateral (select p.imported #>> '{hash,value}') as h (value)
    where p.kind = 'imported'
  ) as costs
  where ms > 0
  group by connection_id;
