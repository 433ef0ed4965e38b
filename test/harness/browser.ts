import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import chromium from '@sparticuz/chromium';
import { type Browser, chromium as playwright } from 'playwright-core';
import { closedAtEnd } from './close-at-end.ts';

// These flags are for functions in the cloud: a single process is fragile, and pages need the browser's usual security.
const UNWANTED = ['--single-process', '--disable-web-security', '--allow-running-insecure-content'];

const ARGS = [
  ...chromium.args.filter((argument) => !UNWANTED.includes(argument)),
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A real Chromium from the npm package, with an empty profile. It is closed when the test file ends; a script closes it itself. */
export async function launchBrowser(): Promise<Browser> {
  const browser = await launch();
  closedAtEnd(() => browser.close());
  return browser;
}

async function launch(): Promise<Browser> {
  const folder = await unpackedChromium();
  const withEnv = (env: Record<string, string>) =>
    playwright.launch({
      executablePath: join(folder, 'chromium'),
      args: ARGS,
      env: { ...process.env, FONTCONFIG_FILE: join(folder, 'fonts.conf'), ...env },
    });
  try {
    return await withEnv({});
  } catch (error) {
    // A machine without a desktop lacks NSS and others; the package brings them.
    if (!String(error).includes('shared libraries')) throw error;
    return withEnv({ LD_LIBRARY_PATH: join(folder, 'al2023', 'lib') });
  }
}

/**
 * Unpacks the browser once per machine, into a folder of its own that then takes its final name in one step. Thus test files
 * that run at the same time, and runs that are killed, never leave half a browser behind.
 */
async function unpackedChromium(): Promise<string> {
  const main = createRequire(import.meta.url).resolve('@sparticuz/chromium');
  const root = dirname(dirname(main));
  const { version }: { version: string } = createRequire(import.meta.url)(
    join(root, 'package.json'),
  );
  const folder = join(tmpdir(), `usher-chromium-${version}-${process.getuid?.() ?? 'user'}`);
  if (existsSync(folder)) return folder;
  const fresh = mkdtempSync(`${folder}-`);
  // A separate process, because the package unpacks into the temporary folder of its process.
  const script = `
    const { default: chromium, inflate } = await import(${JSON.stringify(main)});
    await chromium.executablePath();
    await inflate(${JSON.stringify(join(root, 'bin', 'al2023.tar.br'))});`;
  await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
    env: { ...process.env, TMPDIR: fresh },
  });
  writeFileSync(join(fresh, 'fonts.conf'), fontsConfig(folder));
  try {
    renameSync(fresh, folder);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

/** Makes a machine without fonts show text, and the same text as one with fonts. */
const fontsConfig = (folder: string) => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${join(folder, 'fonts')}</dir>
  <cachedir>${join(folder, 'fonts-cache')}</cachedir>
</fontconfig>
`;
