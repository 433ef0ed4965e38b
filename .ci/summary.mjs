// node .ci/summary.mjs RESULTS EXIT_CODE: prints "N passed, N failed". Runs on whatever Node the machine has.
import { existsSync, readFileSync } from 'node:fs';

const [, , file, exitCode] = process.argv;
const results = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
const passed = results.numPassedTests ?? 0;
// A file that can't be loaded, or a step before the tests, fails without any failed test.
const files = (results.testResults ?? []).filter(
  (one) =>
    one.status === 'failed' && !one.assertionResults.some((test) => test.status === 'failed'),
);
const failed = (results.numFailedTests ?? 0) + files.length;
console.log(`${passed} passed, ${failed === 0 && exitCode !== '0' ? 1 : failed} failed`);
