import { expect, test } from 'vitest';
import { freshDatabase } from '../harness/harness.ts';
import { aVisitor } from '../harness/visitor.ts';
import { openWorld } from './world.ts';

test("an arrival counts only at applications that may use the user's connection", async () => {
  const world = await openWorld(await freshDatabase());
  const [store, other] = [await world.aConnection(), await world.aConnection({}, 'Other')];
  const [theirs, foreign] = [await world.aClient(store), await world.aClient(other)];
  const visitor = aVisitor(world);
  const arriveAt = async (clientId: string) => {
    const user = await world.aUser(store);
    const page = await visitor.get(`/u/reset-verify?ticket=${await world.aTicket(user)}`);
    expect((await visitor.submit(page, { password: 'Tulip-Canal-77' })).status).toBe(303);
    return visitor.get(`/u/login?state=${world.beginLogin(clientId)}`);
  };
  expect((await arriveAt(theirs.id)).status).toBe(303);
  const asked = await arriveAt(foreign.id);
  expect(asked.status).toBe(200);
  expect(world.finished).toHaveLength(1);
});
