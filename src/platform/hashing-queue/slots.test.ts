import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createSlots } from './slots.ts';

test('at most the given number run at a time, and all run in order', async () => {
  const slots = createSlots(3);
  let running = 0;
  let most = 0;
  const started: number[] = [];
  const work = (number: number) => async () => {
    started.push(number);
    running += 1;
    most = Math.max(most, running);
    await turn();
    running -= 1;
    return number;
  };
  const numbers = Array.from({ length: 40 }, (_, index) => index);

  const early = numbers.slice(0, 20).map((number) => slots(work(number)));
  await Promise.all(early.slice(0, 5));
  const late = numbers.slice(20).map((number) => slots(work(number)));

  expect(await Promise.all([...early, ...late])).toEqual(numbers);
  expect(started).toEqual(numbers);
  expect(most).toBe(3);
});

test('failed work releases its slot', async () => {
  const slots = createSlots(1);
  const failing = slots(() => {
    throw new Error('out of luck');
  });
  const next = slots(() => 'next');

  await expect(failing).rejects.toThrow('out of luck');
  expect(await next).toBe('next');
  expect(await slots(() => 'later')).toBe('later');
});
