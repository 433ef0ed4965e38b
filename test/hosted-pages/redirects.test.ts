import { expect, test } from 'vitest';
import { aVisitor } from '../harness/visitor.ts';
import { openStillWorld } from '../harness/world.ts';

test('redirects lead to addresses in any script, with characters escaped that headers cannot hold', async () => {
  const world = await openStillWorld();
  const store = await world.aConnection();
  for (const [resultUrl, start] of [
    ['https://app.example.com/日本?a=ö#ü', 'https://app.example.com/%E6%97%A5%E6%9C%AC?a=%C3%B6&'],
    ['https://app.example.com/\u0001x', 'https://app.example.com/%01x?'],
  ] as const) {
    const user = await world.aUser(store);
    const visitor = aVisitor(world);
    const ticket = await world.aTicket(user, { resultUrl });
    const page = await visitor.get(`/u/reset-verify?ticket=${ticket}`);
    const answer = await visitor.submit(page, { password: 'Tulip-Canal-77' });
    expect(answer.status).toBe(303);
    expect(String(answer.headers.location)).toMatch(/^[\x21-\x7e]+$/);
    expect(String(answer.headers.location).startsWith(start)).toBe(true);
  }
});
