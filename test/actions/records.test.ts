import { randomBytes, randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { transaction } from '../../src/platform/db/db.ts';
import {
  deployedActions,
  deployProgram,
  findExecution,
  insertAction,
  insertExecution,
  replaceBindings,
  sealActionSecrets,
} from '../../src/records/actions/actions.ts';
import { freshDatabase } from '../harness/harness.ts';

const now = new Date('2026-12-01T10:00:00.000Z');

test('the deployed versions run in the order of their bindings, with their secrets', async () => {
  const { db } = await freshDatabase();
  const key = randomBytes(32);
  const make = async (name: string) => {
    const sealed = sealActionSecrets(key, {
      secrets: [{ name: 'TOKEN', value: `of ${name}` }],
      former: [],
      now,
    });
    if (sealed.kind !== 'sealed') throw new Error('no secrets');
    const program = {
      code: `// ${name}`,
      dependencies: [],
      runtime: 'node22',
      secrets: sealed.secrets,
    };
    const id = randomUUID();
    await insertAction(db, {
      ...program,
      id,
      name,
      trigger: 'post-login',
      triggerVersion: 'v3',
      createdAt: now,
      updatedAt: now,
    });
    await transaction(db, (tx) => deployProgram(tx, { actionId: id, program, now }));
    return { actionId: id, displayName: name };
  };
  const [first, second] = [await make('first'), await make('second')];
  const bind = (actions: (typeof first)[]) =>
    transaction(db, (tx) => replaceBindings(tx, { trigger: 'post-login', actions, now }));
  const order = async () =>
    (await deployedActions(db, { trigger: 'post-login', key })).map((action) => action.name);

  await bind([first, second]);
  expect(await order()).toEqual(['first', 'second']);
  await bind([second, first]);
  expect(await order()).toEqual(['second', 'first']);
  const [running] = await deployedActions(db, { trigger: 'post-login', key });
  expect(running).toMatchObject({ code: '// second', secrets: { TOKEN: 'of second' } });
  const [foreign] = await deployedActions(db, { trigger: 'post-login', key: randomBytes(32) });
  expect(foreign?.secrets).toEqual({});
});

test('an execution keeps the first 256 characters of each console', async () => {
  const { db } = await freshDatabase();
  const id = await insertExecution(db, {
    trigger: 'post-login',
    status: 'final',
    results: [
      {
        actionName: 'talks',
        error: { id: 'x', message: 'went \0 wrong' },
        startedAt: now,
        endedAt: now,
        lines: [{ level: 'log', text: `\0${'a'.repeat(300)}` }],
      },
    ],
    startedAt: now,
    endedAt: now,
  });
  const execution = await findExecution(db, id);
  expect(execution?.results[0]?.console).toBe(`\uFFFD${'a'.repeat(255)}`);
  expect(execution).toMatchObject({ trigger: 'post-login', createdAt: now });
});
