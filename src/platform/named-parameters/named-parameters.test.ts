import { expect, test } from 'vitest';
import { compileSql, type SqlDialect } from './named-parameters.ts';

function compiled(sql: string, dialect: SqlDialect = 'postgres', allowed = ['a', 'b']) {
  const result = compileSql(sql, dialect, allowed);
  return result.kind === 'compiled' ? [result.sql.text, result.sql.names] : result.problem;
}

test.each<[SqlDialect, string, string, string[]]>([
  ['postgres', 'select :a, :b, :a', 'select $1, $2, $1', ['a', 'b']],
  ['mysql', 'select :a, :b, :a', 'select ?, ?, ?', ['a', 'b', 'a']],
  ['postgres', 'select :a::text', 'select $1::text', ['a']],
  ['postgres', "select ':a', E'\\':a', ''':a', :b", "select ':a', E'\\':a', ''':a', $1", ['b']],
  [
    'postgres',
    'select ":a", $$:a$$, $x$ :a $$ $x$, :b',
    'select ":a", $$:a$$, $x$ :a $$ $x$, $1',
    ['b'],
  ],
  ['postgres', "select '\\' , :a", "select '\\' , $1", ['a']],
  ['mysql', "select '\\':a', `:a`, \":a\", :b", "select '\\':a', `:a`, \":a\", ?", ['b']],
  ['mysql', 'select 1--:a\n', 'select 1--?\n', ['a']],
  ['mysql', 'select 1 # :b\n, :a', 'select 1 # :b\n, ?', ['a']],
  ['mysql', 'select @x := :a', 'select @x := ?', ['a']],
  [
    'postgres',
    'select /* :a /* :b */ :a */ :b -- :a',
    'select /* :a /* :b */ :a */ $1 -- :a',
    ['b'],
  ],
  ['postgres', 'select a[1:2], :a;  -- the end', 'select a[1:2], $1', ['a']],
])('%s: %s', (dialect, sql, text, names) => {
  expect(compiled(sql, dialect)).toEqual([text, names]);
});

test.each<[SqlDialect, string, string]>([
  ['postgres', 'select :c', ':c has no value here. There are: :a, :b.'],
  ['postgres', 'select 1; drop table users', 'There is more than one statement.'],
  ['postgres', "select 'open", 'A text, a quoted name or a comment does not end.'],
  ['postgres', 'select /* open', 'A text, a quoted name or a comment does not end.'],
  ['postgres', 'select $$ open', 'A text, a quoted name or a comment does not end.'],
  ['postgres', 'select $1', 'Write :name instead of $1.'],
  ['mysql', 'select ?', 'Write :name instead of ?.'],
  ['mysql', ' ', 'The statement is empty.'],
])('%s refuses: %s', (dialect, sql, problem) => {
  expect(compiled(sql, dialect)).toBe(problem);
});
