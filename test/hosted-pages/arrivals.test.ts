import { expect, test } from 'vitest';
import { aVisitor } from '../harness/visitor.ts';
import { openStillWorld } from '../harness/world.ts';

test("an arrival counts only at applications that may use the user's connection", async () => {
  const world = await openStillWorld();
  const [store, other] = [await world.aConnection(), await world.aConnection({}, 'Other')];
  const [theirs, foreign] = [await world.aClient(store), await world.aClient(other)];
  const visitor = aVisitor(world);
  const arriveAt = async (clientId: string) => {
    const user = await world.aUser(store);
    const page = await visitor.get(`/u/reset-verify?ticket=${await world.aTicket(user)}`);
    expect((await visitor.submit(page, { password: 'Tulip-Canal-77' })).status).toBe(303);
    return { user, page: await world.openLogin(visitor, clientId) };
  };
  const arrived = await arriveAt(theirs.id);
  expect(arrived.page.status).toBe(303);
  expect((await world.claimsAfter(visitor, arrived.page)).sub).toBe(arrived.user.id);
  const asked = await arriveAt(foreign.id);
  expect(asked.page.status).toBe(200);
  expect(await world.loginsOf(asked.user.id)).toBe(0);
});
