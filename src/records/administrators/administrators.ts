import { type ColumnType, sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';

/** Role of an administrator in the console. */
export type Role = 'owner';

export type Administrator = {
  userId: string;
  email: string | null;
  role: Role;
  blocked: boolean;
  /** Whether the administrator has set a password. Without one they have not used their link yet. */
  hasPassword: boolean;
  createdAt: Date;
  lastLogin: Date | null;
};

type Tables = {
  administrators: { user_id: string; role: Role; created_at: ColumnType<Date, Date, never> };
};

type Row = {
  user_id: string;
  email: string | null;
  role: Role;
  blocked: boolean;
  has_password: boolean;
  created_at: Date;
  last_login: Date | null;
};

const on = (db: Db) => db.withTables<Tables>();

/** Gives a user of the administrators' connection a role. An existing role stays. */
export async function addAdministrator(
  db: Db,
  input: { userId: string; role: Role; now: Date },
): Promise<void> {
  await on(db)
    .insertInto('administrators')
    .values({ user_id: input.userId, role: input.role, created_at: input.now })
    .onConflict((conflict) => conflict.column('user_id').doNothing())
    .execute();
}

/** Returns the user's role in the console, or `null` if the user is no administrator. */
export async function roleOf(db: Db, userId: string): Promise<Role | null> {
  const row = await on(db)
    .selectFrom('administrators')
    .select('role')
    .where('user_id', '=', userId)
    .executeTakeFirst();
  return row?.role ?? null;
}

/** Returns the administrators of this server, invited ones included, the first one first. Maximum: 1,000. */
export async function listAdministrators(db: Db): Promise<Administrator[]> {
  const { rows } = await sql<Row>`
    select a.user_id, u.email, a.role, coalesce(u.blocked, false) as blocked, p.user_id is not null as has_password, a.created_at, u.last_login
    from administrators a join users u on u.id = a.user_id left join passwords p on p.user_id = a.user_id
    order by a.created_at, a.user_id limit 1000`.execute(db);
  return rows.map((row) => ({
    userId: row.user_id,
    email: row.email,
    role: row.role,
    blocked: row.blocked,
    hasPassword: row.has_password,
    createdAt: row.created_at,
    lastLogin: row.last_login,
  }));
}
