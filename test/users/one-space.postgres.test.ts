import { expect, test } from 'vitest';
import { transaction } from '../../src/platform/db/db.ts';
import { newId } from '../../src/platform/ids/ids.ts';
import { insertUser, insertUsersInBulk, updateUser } from '../../src/records/users/users.ts';
import { atOnce } from '../harness/factories.ts';
import { freshDatabase } from '../harness/harness.ts';

const NAME = 'wanted@race.test';

test('one of sixteen simultaneous requests gets a name that each wants as another kind and by another route', async () => {
  const { db } = await freshDatabase();
  const now = new Date();
  for (let round = 0; round < 8; round++) {
    const connectionId = newId('con');
    const others = await atOnce(16, async (index) => {
      const made = await insertUser(db, { connectionId, username: `other${index}`, now });
      if (made.kind !== 'inserted') throw new Error('Nobody else is called so.');
      return made.user.id;
    });
    const outcomes = await atOnce(16, async (index) => {
      const as = index % 2 === 0 ? { email: NAME } : { username: NAME };
      if (index % 4 < 2) {
        return (await insertUser(db, { connectionId, ...as, now })).kind === 'inserted';
      }
      if (index % 8 < 6 || 'username' in as) {
        return (await updateUser(db, others[index] ?? '', as, now)).kind === 'updated';
      }
      const id = `auth0|${newId('x')}`;
      const users = [{ id, email: NAME }];
      const bulk = { connectionId, jobId: newId('job'), users, now };
      return (await transaction(db, (tx) => insertUsersInBulk(tx, bulk))).size === 1;
    });
    expect(outcomes.filter((got) => got)).toHaveLength(1);
  }
});
