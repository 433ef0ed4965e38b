import type { Terminal } from '../../src/cli/terminal.ts';
import { count, duration } from '../../src/cli/words.ts';

/** Published limits for paid plans of the service whose users asked for another way. */
const REQUESTS_PER_SECOND = 15;
const REQUESTS_PER_PERSON = 2;
const WIDTH = 44;
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** Returns the minimum time of one lookup and one ticket per user, in seconds. */
export function secondsOneByOne(people: number): number {
  return (people * REQUESTS_PER_PERSON) / REQUESTS_PER_SECOND;
}

/** Returns two bars, drawn to scale: one request per user and step, and the measured time. */
export function comparisonLines(terminal: Terminal, people: number, seconds: number): string[] {
  const { paint } = terminal;
  const theirs = secondsOneByOne(people);
  const longest = Math.max(theirs, seconds);
  const requests = people * REQUESTS_PER_PERSON;
  const times = theirs / seconds;
  return [
    `    ${paint('bold', 'One look-up and one link per person')} ${paint('dim', `${count(requests)} requests at ${REQUESTS_PER_SECOND}/s, before a mail is sent`)}`,
    `    ${paint('dim', bar(theirs / longest))} ${duration(theirs)}`,
    '',
    `    ${paint('bold', 'Usher')} ${paint('dim', '1 request, mails included')}`,
    `    ${paint('green', bar(seconds / longest))} ${duration(seconds)}${times >= 2 ? paint('green', `   ${count(Math.floor(times))} × as fast`) : ''}`,
  ];
}

function bar(share: number): string {
  const eighths = Math.max(1, Math.round(share * WIDTH * 8));
  return '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '');
}
