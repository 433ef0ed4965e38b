import { expect, test } from 'vitest';
import { createSchedule } from './schedule.ts';

/** Returns pseudorandom numbers between 0 and 1, the same at every run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

test.each([
  1, 2, 3,
])('real work in %i places never ends after its scheduled time, however much of it is done', (places) => {
  const random = numbers(places);
  const most = 8 * places;
  for (let run = 0; run < 200; run++) {
    const schedule = createSchedule(places, most);
    const share = random();
    const busyUntil: number[] = new Array(places).fill(0);
    let waiting: number[] = [];
    let now = 0;
    for (let each = 0; each < 60; each++) {
      now += random() < 0.5 ? 0 : random() * 400;
      const ms = random() < 0.5 ? 1000 : 100;
      const { doneInMs } = schedule.reserve(ms, now);
      waiting = waiting.filter((end) => end > now);
      if (random() > share || waiting.length >= places + most) continue;
      const place = busyUntil.indexOf(Math.min(...busyUntil));
      const end = Math.max(now, busyUntil[place] ?? 0) + ms * random();
      busyUntil[place] = end;
      waiting.push(end);
      expect(end).toBeLessThanOrEqual(now + doneInMs + 1e-6);
    }
  }
});

test('each waits for all earlier ones, with as many at a time as there are places', () => {
  const schedule = createSchedule(2, 8);
  const done = [0, 0, 0, 0, 150].map((now) => schedule.reserve(100, now).doneInMs);
  expect(done).toEqual([100, 100, 200, 200, 150]);
});

test('a released reservation delays no later one', () => {
  const schedule = createSchedule(1, 8);
  const first = schedule.reserve(100, 0);
  const second = schedule.reserve(100, 0);
  second.release(20);
  first.release(40);
  first.release(40);
  expect(schedule.reserve(100, 40).doneInMs).toBe(100);
});

test('too many at once are reported, and the wait stays within that of a full queue', () => {
  const schedule = createSchedule(1, 2);
  const told = [0, 0, 0, 0, 0, 0].map((now) => schedule.reserve(100, now));
  expect(told.map((reservation) => reservation.isOverfull)).toEqual([
    false,
    false,
    false,
    true,
    true,
    true,
  ]);
  expect(told.map((reservation) => reservation.doneInMs)).toEqual([100, 200, 300, 300, 300, 300]);
  expect(schedule.reserve(100, 300).isOverfull).toBe(false);
});
