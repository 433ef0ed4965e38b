/**
 * Takes pictures of the hosted pages, for people who change their design: `node scripts/screenshots.ts [folder] [--locale de-DE] [--only
 * NAME]`. Narrow and wide, in light and dark mode. It needs no database and no installed browser.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createApp } from '../src/app.ts';
import { readConfig } from '../src/config/config.ts';
import { launchBrowser } from '../test/harness/browser.ts';
import { freePort } from '../test/harness/free-port.ts';
import { failAtBoom, sceneOf } from '../test/harness/scene.ts';
import { watchedPage } from '../test/harness/watched-page.ts';
import { everyPage } from '../test/hosted-pages/every-page.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { locale: { type: 'string', default: 'en-GB' }, only: { type: 'string' } },
});
const folder = positionals[0] ?? 'screenshots';
mkdirSync(folder, { recursive: true });

const publicUrl = `http://localhost:${await freePort()}`;
const dataDir = mkdtempSync(join(tmpdir(), 'usher-screenshots-'));
const outcome = readConfig({
  PORT: new URL(publicUrl).port,
  PUBLIC_URL: publicUrl,
  DATA_DIR: dataDir,
  LOG_LEVEL: 'fatal',
});
if (outcome.kind === 'wrong') throw new Error(outcome.problems.join('\n'));
const app = await createApp(outcome.config);
failAtBoom(app);
await app.start();
const browser = await launchBrowser();
const complaints: string[] = [];

for (const { name, path, act } of await everyPage(sceneOf(app))) {
  if (values.only !== undefined && !name.includes(values.only)) continue;
  const { locale } = values;
  const page = await watchedPage(browser, complaints, { locale, timezoneId: 'Europe/Berlin' });
  await page.goto(`${publicUrl}${path}`);
  await act?.(page);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    for (const width of [375, 1280]) {
      await page.setViewportSize({ width, height: 800 });
      const file = `${name}-${locale.slice(0, 2)}-${colorScheme}-${width}.png`;
      await page.screenshot({ path: join(folder, file), fullPage: true });
    }
  }
  await page.context().close();
}
for (const complaint of complaints) console.error(complaint);
await browser.close();
await app.stop();
rmSync(dataDir, { recursive: true });
