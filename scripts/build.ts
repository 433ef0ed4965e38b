/** `npm run build`: the server runs from source, so the build has only its contract, dist/openapi.json. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from '../src/app.ts';
import { readConfig } from '../src/config/config.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'usher-build-'));
const outcome = readConfig({
  DATA_DIR: dataDir,
  PUBLIC_URL: 'https://id.example.com',
  USHER_SECRET: 'not a secret: this server never listens',
  LOG_LEVEL: 'silent',
});
if (outcome.kind === 'wrong') throw new Error(outcome.problems.join('\n'));

const app = await createApp(outcome.config);
try {
  const answer = await app.http.inject('/docs/json');
  if (answer.statusCode !== 200) throw new Error(`/docs/json answered ${answer.statusCode}`);
  const document: { paths: Record<string, unknown> } = answer.json();
  const file = join(import.meta.dirname, '../dist/openapi.json');
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, `${JSON.stringify(document, null, 2)}\n`);
  console.log(`dist/openapi.json: ${Object.keys(document.paths).length} paths`);
} finally {
  await app.stop();
  rmSync(dataDir, { recursive: true, force: true });
}
