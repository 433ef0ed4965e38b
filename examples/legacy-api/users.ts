import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import pg from 'pg';

/** A user as the table has it. */
export type LegacyUser = {
  id: string;
  email: string;
  confirmed: boolean;
  name: string | null;
  plan: string | null;
  /** `<salt>:<scrypt of password and salt>`, both in hex. */
  password: string;
};

/** Where the users are. */
export type UserTable = {
  find(email: string): Promise<LegacyUser | null>;
  count(): Promise<number>;
  close(): Promise<void>;
};

/** A file with a JSON array of users. It is read once. */
export function fileTable(path: string): UserTable {
  const users: LegacyUser[] = JSON.parse(readFileSync(path, 'utf8'));
  return {
    find: async (email) => users.find((user) => user.email === email.toLowerCase()) ?? null,
    count: async () => users.length,
    close: async () => {},
  };
}

/** The table `users` of a PostgreSQL database. */
export function postgresTable(url: string): UserTable {
  const pool = new pg.Pool({ connectionString: url, max: 5, statement_timeout: 3000 });
  return {
    async find(email) {
      const { rows } = await pool.query<LegacyUser>(
        'select id::text, email, confirmed, name, plan, password from users where email = lower($1)',
        [email],
      );
      return rows[0] ?? null;
    },
    async count() {
      const { rows } = await pool.query<{ count: string }>('select count(*) from users');
      return Number(rows[0]?.count);
    },
    close: () => pool.end(),
  };
}

export function hashOf(password: string, salt = randomBytes(16)): string {
  return `${salt.toString('hex')}:${scryptSync(password, salt, 32).toString('hex')}`;
}

const NOBODY = hashOf('');

/** Takes the same time for somebody who does not exist. */
export function isPasswordOf(user: LegacyUser | null, password: string): boolean {
  const [salt = '', hash = ''] = (user?.password ?? NOBODY).split(':');
  const expected = Buffer.from(hash, 'hex');
  const given = scryptSync(password, Buffer.from(salt, 'hex'), expected.length);
  return timingSafeEqual(given, expected) && user !== null;
}
