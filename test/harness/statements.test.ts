import { expect, test } from 'vitest';
import { sentToPostgresOnly, shapeOf } from './statements.ts';

test('statements that differ only in values and columns have the same shape', () => {
  expect(shapeOf('select 1 from users\n where id = any($1) and name in ($2, $3)')).toBe(
    'select 0 from users where id = any(?) and name in (?)',
  );
  expect(shapeOf('update "users" set "name" = $1 where "id" = $2')).toBe(
    shapeOf('update "users" set "email" = $1, "name" = $2 where "id" = $3'),
  );
  expect(shapeOf('update "users" set "name" = $1')).not.toBe(
    shapeOf('update "clients" set "name" = $1'),
  );
});

test('a statement that only PostgreSQL got is told, unless it is the own one of a test', () => {
  const postgres = new Map([
    ['delete from users where id = ?', ['test/users/removal.test.ts']],
    ['select id from users', ['test/users/removal.test.ts']],
    ['select pg_sleep(0)', ['test/users/removal.test.ts']],
    ['lock table users', ['test/users/race.postgres.test.ts']],
    ['select 0', ['test/users/removal.test.ts']],
  ]);
  const embedded = new Map([['select id from users', []]]);
  const textOf = () => 'await sql`select 0`.execute(db)';
  expect(sentToPostgresOnly(postgres, embedded, textOf)).toEqual([
    { statement: 'delete from users where id = ?', file: 'test/users/removal.test.ts' },
  ]);
});
