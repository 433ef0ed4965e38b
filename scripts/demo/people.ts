import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { hash } from '@node-rs/bcrypt';

const GIVEN =
  'Ada Alan Barbara Bjarne Chen Claude Dennis Edsger Fatima Frances Grace Hedy Ines Ivan Jean Kateryna Katherine Kenji Linus Lynn Mahmoud Margaret Mary Niklaus Olga Priya Radia Rosa Sofie Sophie Tim Tuấn Vint Xiuying Zoë'.split(
    ' ',
  );
const FAMILY =
  'Abe Backus Bartik Booch Codd Díaz Eckert Farouk Gosling Hamilton Hopper Ivanova Johnson Kay Kowalski Lamarr Liskov Lovelace Matsumoto Müller Nguyễn Okafor Perlman Quispe Ritchie Sammet Shannon Singh Thompson Turing Ullman Wilkes Wirth Yang Zuse'.split(
    ' ',
  );
const TEAMS = ['Finance', 'Logistics', 'Research', 'Sales', 'Support'];

/** The password of all users with a bcrypt hash, as from an older system. */
export const IMPORTED_PASSWORD = 'a-lamp-by-the-window';
// As many as can be hashed within a second. A real file has one per user.
const HASHES = 4;

type Row = Record<string, unknown>;

/** Errors of real files. The first 1 % of any file shows each of them. */
const BROKEN: ((row: Row, index: number) => Row)[] = [
  (row) => ({ ...row, email: String(row.email).replace('@', ' at ') }),
  ({ email: _email, ...row }) => row,
  (row) => ({ ...row, email_verified: 'yes' }),
  (row) => ({ ...row, password_hash: '$2b$10$cut.off' }),
  (row) => ({ ...row, shoe_size: 43 }),
  (row) => ({ ...row, app_metadata: { user_id: 'mine' } }),
  // A user who is already in the file.
  (row, index) => ({ ...row, email: emailOf(index - 2) }),
];
const ONE_BROKEN_IN = 100;

function nameOf(index: number): { given: string; family: string } {
  return {
    given: GIVEN[index % GIVEN.length] ?? 'Ada',
    family: FAMILY[Math.floor(index / GIVEN.length) % FAMILY.length] ?? 'Zuse',
  };
}

/** Returns the address of one user of the file, in plain letters and digits, different for each index from 0. */
export function emailOf(index: number): string {
  const { given, family } = nameOf(index);
  const plain = `${given}.${family}`
    .normalize('NFD')
    .replace(/[^A-Za-z.]/g, '')
    .toLowerCase();
  return `${plain}.${index + 1}@example.com`;
}

function rowOf(index: number, hashes: string[]): Row {
  const { given, family } = nameOf(index);
  const row: Row = {
    email: emailOf(index),
    given_name: given,
    family_name: family,
    name: `${given} ${family}`,
    email_verified: index % 4 === 0,
    // Two of three have a password.
    ...(index % 3 !== 2 && { password_hash: hashes[index % hashes.length] }),
    app_metadata: { plan: index % 5 === 0 ? 'pro' : 'free', customer: 100_000 + index },
    user_metadata: { team: TEAMS[index % TEAMS.length] },
  };
  const broken = Math.floor(index / ONE_BROKEN_IN) % BROKEN.length;
  return index % ONE_BROKEN_IN === ONE_BROKEN_IN / 2 ? (BROKEN[broken]?.(row, index) ?? row) : row;
}

/**
 * Writes a JSON array of users as an older system exports it. One in a hundred has one of several errors. It is written piece by piece: a
 * million users need no more memory than ten.
 * @returns the file's size in bytes
 */
export async function writePeople(path: string, people: number): Promise<number> {
  const hashes = await Promise.all(
    Array.from({ length: HASHES }, () => hash(IMPORTED_PASSWORD, 10)),
  );
  function* chunks(): Generator<string> {
    const batch = 1000;
    for (let from = 0; from < people; from += batch) {
      let text = from === 0 ? '[\n' : ',\n';
      const to = Math.min(people, from + batch);
      for (let index = from; index < to; index++) {
        text += `${JSON.stringify(rowOf(index, hashes))}${index + 1 < to ? ',\n' : ''}`;
      }
      yield text;
    }
    yield people === 0 ? '[]\n' : '\n]\n';
  }
  await pipeline(Readable.from(chunks()), createWriteStream(path));
  return (await stat(path)).size;
}
