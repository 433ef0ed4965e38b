import { expect, test } from 'vitest';
import { formatLogLine } from './format-log-line.ts';

const time = new Date(2026, 0, 2, 3, 4, 5).getTime();
const say = (entry: Record<string, unknown>) =>
  formatLogLine(JSON.stringify({ level: 30, time, ...entry }), { colors: false });

test.each([
  [
    { msg: 'request', id: 'r1', reqId: 'r1', method: 'GET', url: '/u/login', status: 200, ms: 12 },
    '03:04:05 200 GET /u/login 12 ms\n',
  ],
  [
    { msg: 'request', id: 'r1', method: 'GET', url: '/authorize?client_id=a', status: 400, ms: 3 },
    '03:04:05 400 GET /authorize?… 3 ms r1\n',
  ],
  [
    { msg: 'login', reqId: 'r1', userId: 'auth0|1', clientId: null },
    '03:04:05 login userId=auth0|1\n',
  ],
  [
    { level: 40, msg: 'task failed', data: { jobId: 'job_1', more: { deep: 1 } }, list: [1, 2] },
    '03:04:05 warning task failed data.jobId=job_1 list=1,2\n',
  ],
  [
    {
      level: 40,
      msg: 'mail lease',
      err: { type: 'E', message: 'gone', stack: 'E: gone\n    at x' },
    },
    '03:04:05 warning mail lease: E: gone\n',
  ],
  [
    { level: 50, msg: 'sweep', err: { type: 'E', message: 'gone', stack: 'E: gone\n    at x' } },
    '03:04:05 error sweep: E: gone\n         at x\n',
  ],
])('%o becomes one readable line', (entry, line) => {
  expect(say(entry)).toBe(line);
});

test('input from outside starts no line, controls no terminal and makes no line long', () => {
  const url = `/\u001b[2J\r\n\u0085\u202e\u2028${'a'.repeat(5000)}`;
  const line = say({ msg: 'request', id: 'r', method: 'G\u0007', url, status: 404, ms: 1 });
  expect(line).toMatch(
    /^03:04:05 404 G\\u\{7\} \/\\u\{1b\}\[2J\\u\{d\}\\u\{a\}\\u\{85\}\\u\{202e\}/,
  );
  expect(line.indexOf('\n')).toBe(line.length - 1);
  expect(line.length).toBeLessThan(250);
});
