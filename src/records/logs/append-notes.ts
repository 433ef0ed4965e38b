import { sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';

/**
 * Appends notes to the log in one statement. Ids grow in the order in which the rows become visible (see `log_head`). Names are looked up
 * by id here, so that no request waits for it. An existing note is skipped.
 * @param notes JSON, from `writeNote`
 */
export async function appendNotes(db: Db, notes: string[]): Promise<void> {
  if (notes.length === 0) return;
  await sql`
    with head as (
      update log_head set last_at = greatest(last_at, clock_timestamp()), last_number = last_number + ${notes.length}::int
      where id = 1
      returning '900' || to_char(last_at at time zone 'UTC', 'YYYYMMDDHH24MISSMS') as moment, last_number - ${notes.length}::int as number)
    insert into logs (log_id, key, date, type, description, user_id, user_name, connection_id, connection, client_id, client_name,
      organization_id, organization_name, ip, user_agent, hostname, audience, scope, strategy, strategy_type, is_mobile, auth0_client,
      details)
    select head.moment || lpad((head.number + note.position)::text, 36, '0'), note.row->>'key', (note.row->>'date')::timestamptz,
      note.row->>'type', note.row->>'description', note.row->>'user_id',
      coalesce(note.row->>'user_name', users.email, users.username, users.phone_number),
      coalesce(note.row->>'connection_id', users.connection_id), coalesce(note.row->>'connection', connections.name),
      note.row->>'client_id', coalesce(note.row->>'client_name', clients.name),
      note.row->>'organization_id', coalesce(note.row->>'organization_name', organizations.name),
      note.row->>'ip', note.row->>'user_agent', note.row->>'hostname', note.row->>'audience', note.row->>'scope',
      coalesce(note.row->>'strategy', connections.strategy),
      case coalesce(note.row->>'strategy', connections.strategy) when 'auth0' then 'database' when 'sms' then 'passwordless'
        when 'email' then 'passwordless' when 'oidc' then 'enterprise' when 'okta' then 'enterprise' when 'waad' then 'enterprise'
        when 'google-apps' then 'enterprise' else case when connections.id is not null then 'social' end end,
      (note.row->>'is_mobile')::boolean, nullif(note.row->'auth0_client', 'null'::jsonb), nullif(note.row->'details', 'null'::jsonb)
    from head cross join jsonb_array_elements(${`[${notes.join(',')}]`}::jsonb) with ordinality as note (row, position)
      left join users on users.id = note.row->>'user_id'
      left join connections on connections.id = coalesce(note.row->>'connection_id', users.connection_id)
      left join clients on clients.id = note.row->>'client_id'
      left join organizations on organizations.id = note.row->>'organization_id'
    on conflict (key) do nothing`.execute(db);
}
