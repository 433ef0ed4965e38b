import { sql } from 'kysely';
import { beforeEach, expect, test } from 'vitest';
import { type Db, deletionMarks, deletionOf, pageAndCount } from '../../src/platform/db/db.ts';
import { freshDatabase } from '../harness/harness.ts';

type Visit = { guest: string; day: number; ends: Date | null };

const MONDAY = new Date('2030-01-07T00:00:00Z');
const daysLater = (days: number) => new Date(MONDAY.getTime() + days * 24 * 3600 * 1000);

let db: Db;
const visits = () => db.withTables<{ visits: Visit }>();
const left = async () => {
  const rows = await visits()
    .selectFrom('visits')
    .selectAll()
    .orderBy('guest')
    .orderBy('day')
    .execute();
  return rows.map((row) => `${row.guest}${row.day}`);
};

beforeEach(async () => {
  ({ db } = await freshDatabase());
  await sql`create table visits (guest text, day integer, ends timestamptz, primary key (guest, day))`.execute(
    db,
  );
  const ends = { a1: 3, a2: 1, b1: null, b2: 2, c1: 5 };
  const rows = Object.entries(ends).map(([name, days]) => ({
    guest: name.slice(0, 1),
    day: Number(name.slice(1)),
    ends: days === null ? null : daysLater(days),
  }));
  await visits().insertInto('visits').values(rows).execute();
});

test('a page follows the order of the query, and the count covers all its results', async () => {
  const ordered = visits()
    .selectFrom('visits')
    .where('guest', '<>', 'c')
    .select(['guest', 'day'])
    .orderBy('day', 'desc')
    .orderBy('guest');
  expect(await pageAndCount(ordered, { offset: 1, limit: 2 })).toEqual({
    rows: [
      { guest: 'b', day: 2 },
      { guest: 'a', day: 1 },
    ],
    total: 4,
  });
  expect(await pageAndCount(ordered, { offset: 4, limit: 2 })).toEqual({ rows: [], total: 4 });
});

test('a sweep removes the longest-expired rows first in batches, and keeps rows that end later or never', async () => {
  const deleteVisits = deletionOf('visits', { key: ['guest', 'day'], ended: 'ends' });
  const over = { before: daysLater(5), limit: 2 };
  expect(await deleteVisits(db, over)).toBe(2);
  expect(await left()).toEqual(['a1', 'b1', 'c1']);
  expect(await deleteVisits(db, over)).toBe(1);
  expect(await deleteVisits(db, over)).toBe(0);
  expect(await left()).toEqual(['b1', 'c1']);
});

test('a row with a retention time outlives its end by that time', async () => {
  const keptMs = daysLater(2).getTime() - MONDAY.getTime();
  const deleteVisits = deletionOf('visits', { key: ['guest', 'day'], ended: 'ends', keptMs });
  expect(await deleteVisits(db, { before: daysLater(4), limit: 9 })).toBe(1);
  expect(await left()).toEqual(['a1', 'b1', 'b2', 'c1']);
});

test('a row is hidden once, then found among hidden rows, and removed only while hidden', async () => {
  await sql`create table rooms (id text primary key, deleted_at timestamptz)`.execute(db);
  await sql`insert into rooms (id) values ('x'), ('y'), ('z')`.execute(db);
  const rooms = deletionMarks('rooms');
  expect(await rooms.hide(db, 'x', daysLater(2))).toBe(true);
  expect(await rooms.hide(db, 'x', daysLater(3))).toBe(false);
  expect(await rooms.hide(db, 'nowhere', MONDAY)).toBe(false);
  expect(await rooms.hide(db, 'y', daysLater(1))).toBe(true);

  expect(await rooms.hiddenBefore(db, daysLater(2), 10)).toEqual(['y']);
  expect(await rooms.hiddenBefore(db, daysLater(9), 10)).toEqual(['y', 'x']);
  expect(await rooms.hiddenBefore(db, daysLater(9), 1)).toEqual(['y']);

  await rooms.remove(db, 'y');
  await rooms.remove(db, 'z');
  const { rows } = await sql`select id from rooms order by id`.execute(db);
  expect(rows).toEqual([{ id: 'x' }, { id: 'z' }]);
});
