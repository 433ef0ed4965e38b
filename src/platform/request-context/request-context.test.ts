import { expect, test } from 'vitest';
import {
  duringRequest,
  notedVersion,
  noteVersion,
  type RequestContext,
  renewVersion,
} from './request-context.ts';

const aRequest = (): RequestContext => ({
  ip: '203.0.113.7',
  userAgent: null,
  hostname: null,
  clientLibrary: null,
});

test('a request depends on the oldest version that it read, or on one that it made itself', () => {
  duringRequest(aRequest(), () => {
    expect(notedVersion('ada')).toBeNull();
    noteVersion('ada', 4);
    noteVersion('ada', 5);
    noteVersion('bea', 9);
    expect(notedVersion('ada')).toBe(4);
    noteVersion('ada', 3);
    expect(notedVersion('ada')).toBe(3);
    renewVersion('ada', 6);
    noteVersion('ada', 7);
    expect(notedVersion('ada')).toBe(6);
    expect(notedVersion('bea')).toBe(9);
  });
});

test('the versions of a request affect neither another request nor background work', () => {
  duringRequest(aRequest(), () => noteVersion('ada', 4));
  duringRequest(aRequest(), () => expect(notedVersion('ada')).toBeNull());
  noteVersion('ada', 4);
  expect(notedVersion('ada')).toBeNull();
});
