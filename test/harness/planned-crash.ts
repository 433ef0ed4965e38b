import type { World } from './world.ts';

/**
 * Lets the server crash as planned: after the planned number of writes to some tables, every further write to them fails.
 * @returns plans the crash at a write, from 1, or none with `null`
 */
export async function planCrashes(
  { server }: World,
  tables: string[],
): Promise<(write: number | null) => Promise<void>> {
  const { execute } = server.app.database;
  await execute(`create table planned_crash (at_write bigint);
    create sequence writes_seen;
    create function crash_as_planned() returns trigger language plpgsql as $$
    declare planned bigint;
    begin
      select at_write into planned from planned_crash;
      if planned is not null and nextval('writes_seen') >= planned then raise exception 'The server crashes here.'; end if;
      return null;
    end $$;
    ${tables.map((table) => `create trigger crash_${table} after insert or update or delete on ${table} for each statement execute function crash_as_planned();`).join('\n')}`);
  return async (write) => {
    await execute('truncate planned_crash; alter sequence writes_seen restart');
    if (write !== null) await execute('insert into planned_crash values ($1)', [write]);
  };
}
