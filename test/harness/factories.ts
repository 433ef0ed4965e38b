import { randomUUID } from 'node:crypto';

/** A row of an import file in the format of the API. */
export type PersonRow = {
  email: string;
  email_verified?: boolean;
  user_id?: string;
  username?: string;
  given_name?: string;
  family_name?: string;
  name?: string;
  nickname?: string;
  picture?: string;
  blocked?: boolean;
  password_hash?: string;
  custom_password_hash?: Record<string, unknown>;
  app_metadata?: Record<string, unknown>;
  user_metadata?: Record<string, unknown>;
};

/** Returns a new person. Every field can be chosen. */
export function aPerson(chosen: Partial<PersonRow> = {}): PersonRow {
  const tag = randomUUID().slice(0, 8);
  return {
    email: `person-${tag}@example.test`,
    email_verified: false,
    given_name: 'Pat',
    family_name: `Example ${tag}`,
    name: `Pat Example ${tag}`,
    ...chosen,
  };
}

/** A password that the default policy accepts and no dictionary contains. */
export function aPassword(): string {
  return `Tulip-${randomUUID().slice(0, 12)}-Canal7`;
}

/** Starts `n` of them in the same instant and waits for all. */
export async function atOnce<T>(n: number, work: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: n }, (_, index) => work(index)));
}
