import { expect, test } from 'vitest';
import { createBreaker } from './circuit-breaker.ts';
import { createUnknownNames } from './unknown-names.ts';

const at = (seconds: number) => new Date(seconds * 1000);
const fails = (about: string, seconds: number, isProbe = false) => ({
  ...{ about, isProbe, problem: 'It is down.', now: at(seconds) },
});

function opened() {
  const breaker = createBreaker();
  for (let i = 0; i < 5; i++) breaker.noteFailure(fails(`person-${i}`, 0));
  return breaker;
}

test('a breaker opens after five failures in a row, and lets one probe through after the pause', () => {
  const breaker = opened();
  expect(breaker.view(at(0))).toMatchObject({ state: 'open', lastProblem: 'It is down.' });
  expect(breaker.admit(at(1))).toEqual({ kind: 'wait', ms: 4000 });
  expect(breaker.admit(at(5))).toEqual({ kind: 'ask', isProbe: true });
  expect(breaker.view(at(5)).state).toBe('half-open');
  expect(breaker.admit(at(5)).kind).toBe('wait');
  breaker.noteAnswer(at(6));
  expect(breaker.view(at(6))).toMatchObject({ state: 'closed', failuresInARow: 0 });
  expect(breaker.admit(at(6))).toEqual({ kind: 'ask', isProbe: false });
});

test('a failed probe doubles the pause, up to a minute', () => {
  const breaker = opened();
  let now = 5;
  for (const pause of [10, 20, 40, 60, 60]) {
    expect(breaker.admit(at(now)).kind).toBe('ask');
    breaker.noteFailure(fails('person', now, true));
    expect(breaker.admit(at(now))).toEqual({ kind: 'wait', ms: pause * 1000 });
    now += pause;
  }
});

test('failures about one person, or with answers between them, open nothing', () => {
  const breaker = createBreaker();
  for (let i = 0; i < 20; i++) breaker.noteFailure(fails('one', 0));
  expect(breaker.view(at(0)).state).toBe('closed');
  const other = createBreaker();
  for (let i = 0; i < 20; i++) {
    other.noteFailure(fails(`person-${i}`, 0));
    if (i % 4 === 3) other.noteAnswer(at(0));
  }
  expect(other.view(at(0)).state).toBe('closed');
});

test('an unknown name is remembered for fifteen seconds, and the oldest of too many is forgotten', () => {
  const names = createUnknownNames();
  names.add('ada', at(0));
  expect(names.has('ada', at(14))).toBe(true);
  expect(names.has('ada', at(15))).toBe(false);
  for (let i = 0; i < 10_500; i++) names.add(`name-${i}`, at(20));
  expect(names.count(at(20))).toBe(10_000);
  expect(names.has('name-0', at(20))).toBe(false);
  names.forget('name-10499');
  expect(names.has('name-10499', at(20))).toBe(false);
});
