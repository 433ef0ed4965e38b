import { afterAll, expect, inject } from 'vitest';
import { closeAll } from './close-at-end.ts';
import { takeViolations } from './recorder.ts';
import { noteStatements, watchStatements } from './statements.ts';

watchStatements();

// Modules live longer than a file (`isolate: false`), so the leftovers of a file are removed here.
afterAll(async () => {
  const failures = await closeAll();
  noteStatements(inject('testDatabase').kind, expect.getState().testPath ?? '');
  const differences = takeViolations();
  if (differences.length > 0) {
    failures.push(new Error(`Answers that clients don't expect:\n${differences.join('\n')}`));
  }
  if (failures.length > 0) throw new AggregateError(failures, failures.map(String).join('\n'));
}, 120_000);
