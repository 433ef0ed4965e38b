import { expect, test } from 'vitest';
import { doorsChangeNothing } from './door-writes.ts';
import type { SourceFile } from './tree.ts';

const file = (path: string, text: string): SourceFile => ({ path, text });
const DOOR = 'src/http/management-api/users/users.ts';
const problem = (name: string, from = 'src/records/users') =>
  `${DOOR}: imports ${name} of ${from}, which changes things; call a flow`;

const record = [
  file(
    'src/records/users/users.ts',
    `import { erase } from './erase.ts';
     export { insertUser } from './write-user.ts';
     export const findUser = (db) => sql\`select * from users\`;
     export function removeUser(db) { return erase(db, 'x'); }
     export const access = (db) => ({ end: () => removeUser(db) });`,
  ),
  file(
    'src/records/users/erase.ts',
    `export async function erase(db, id) { await on(db).deleteFrom('users').execute(); }`,
  ),
  file(
    'src/records/users/write-user.ts',
    'export const insertUser = (db) => sql`insert into users (id) values (1)`;',
  ),
];
const door = (text: string) => [...record, file(DOOR, text)];
const from = (names: string) => `import ${names} from '../../../records/users/users.ts';`;

test.for([
  'insertUser',
  'removeUser',
  'access',
])('the check finds a handler that imports the writer %s', (name) => {
  expect(doorsChangeNothing(door(from(`{ ${name} }`)), [])).toEqual([problem(name)]);
  expect(doorsChangeNothing(door(from(`{ ${name} as other }`)), [])).toEqual([problem(name)]);
});

test('the check finds each writer in a record that a handler imports as a whole', () => {
  expect(doorsChangeNothing(door(from('* as users')), []).toSorted()).toEqual(
    ['access', 'insertUser', 'removeUser'].map((name) => problem(name)),
  );
});

test('the check finds a handler that imports a step which writes', () => {
  const step = file(
    'src/steps/end-access/end-access.ts',
    `import { removeUser } from '../../records/users/users.ts';
     export const endAccess = (db) => removeUser(db);`,
  );
  const text = `import { endAccess } from '../../../steps/end-access/end-access.ts';`;
  expect(doorsChangeNothing([...door(text), step], [])).toEqual([
    problem('endAccess', 'src/steps/end-access'),
  ]);
});

test('the check finds each way of writing', () => {
  const bodies = [
    `db.insertInto('users')`,
    `db.updateTable('users')`,
    `db.mergeInto('users')`,
    `deletionOf('users', over)(db, over)`,
    `deletionMarks('users')`,
    'sql`with gone as (delete from users returning id) select 1`',
    'sql`UPDATE users\n set email = 1`',
    'sql<{ n: number }>`update users as u set x = 1 returning 1`',
    'sql`insert into users select 1 from roles`',
  ];
  for (const body of bodies) {
    const writer = file(
      'src/records/users/users.ts',
      `export async function change(db) { return ${body}; }`,
    );
    const reader = file(DOOR, from('{ change }'));
    expect(doorsChangeNothing([writer, reader], []), body).toEqual([problem('change')]);
  }
});

test('a handler may read, name the types of a writer, and call a flow', () => {
  const text = `${from('{ findUser, type insertUser }')} ${from('type { removeUser }')}
    import { manageUsers } from '../../../flows/manage-users/manage-users.ts';`;
  expect(doorsChangeNothing(door(text), [])).toEqual([]);
});

test('an exception covers its functions in its file, and is reported once it is idle', () => {
  const exception = { door: DOOR, functions: ['insertUser'], why: 'a reason' };
  expect(doorsChangeNothing(door(from('{ insertUser }')), [exception])).toEqual([]);
  const folder = { ...exception, door: 'src/http/management-api/' };
  expect(doorsChangeNothing(door(from('{ insertUser }')), [folder])).toContain(
    problem('insertUser'),
  );
  expect(doorsChangeNothing(door(from('{ removeUser }')), [exception])).toEqual([
    problem('removeUser'),
    `${DOOR}: the exception for insertUser is no longer needed`,
  ]);
});
