import { sql } from 'kysely';
import { symbols } from 'pino';
import { expect, test } from 'vitest';
import { createLog } from '../../src/platform/log/log.ts';
import { freshDatabase } from '../harness/harness.ts';

test('an error of the database is logged without the values of its query', async () => {
  const { db } = await freshDatabase();
  const lines: string[] = [];
  const log = createLog('trace');
  Reflect.set(Reflect.get(log, symbols.streamSym), 'write', (line: string) => lines.push(line));

  const hash = '$argon2id$v=19$m=19456,t=2,p=1$c2VjcmV0$c2VjcmV0';
  const wrong = sql`insert into passwords (user_id, kind, phc) values ('nobody', 'unheard', ${hash})`;
  for (const logger of [log, log.child({ reqId: '1' })]) {
    await wrong.execute(db).catch((error: unknown) => logger.error({ err: error }, 'failed'));
  }
  expect(lines).toHaveLength(2);
  for (const line of lines) {
    expect(JSON.parse(line)).toMatchObject({
      msg: 'failed',
      err: { code: '23514', table: 'passwords' },
    });
    expect(JSON.parse(line).err.stack).toContain('passwords');
    expect(line).not.toContain('c2VjcmV0');
  }
});
