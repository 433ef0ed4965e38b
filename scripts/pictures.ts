/** Takes the pictures of README.md from a running demo: `node scripts/pictures.ts`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../test/harness/browser.ts';

const FOLDER = join(import.meta.dirname, '../docs/images');
// The browser has no monospaced font.
const FONT = '/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf';
const ESCAPE = new RegExp(`${String.fromCharCode(27)}\\[(\\d+)m`, 'g');
const COLORS: Record<string, string> = {
  '1': 'font-weight:700;color:#fff',
  '2': 'color:#8b949e',
  '4': 'text-decoration:underline',
  '31': 'color:#ff7b72',
  '32': 'color:#7ee787',
  '33': 'color:#e3b341',
  '36': 'color:#79c0ff',
};

const demo = spawn(process.execPath, [join(import.meta.dirname, 'demo.ts')], {
  env: { ...process.env, FORCE_COLOR: '1' },
});
let said = '';
const { promise: shown, resolve } = Promise.withResolvers<void>();
for (const stream of [demo.stdout, demo.stderr]) {
  stream.setEncoding('utf8').on('data', (text: string) => {
    process.stdout.write(text);
    said += text;
    if (said.includes('Ctrl-C')) resolve();
  });
}
const ended = once(demo, 'exit');
await Promise.race([shown, ended]);

const plain = said.replace(ESCAPE, '');
const invitation = /http\S+\/u\/invitation\?\S+/.exec(plain)?.[0];
const mailbox = /http\S+\/dev\/mailbox/.exec(plain)?.[0];
if (invitation === undefined || mailbox === undefined)
  throw new Error('The demo did not end well.');

const browser = await launchBrowser();
try {
  await picture(browser, { name: 'demo.png', html: terminalPage(said), width: 1080, height: 0 });
  await picture(browser, { name: 'invitation.png', url: invitation, width: 760, height: 1000 });
  const mail = `${mailbox}/${await newestMail(mailbox)}`;
  await picture(browser, { name: 'mail.png', url: mail, width: 760, height: 1000 });
} finally {
  await browser.close();
  demo.kill('SIGINT');
  await ended;
}

async function newestMail(url: string): Promise<number> {
  const response = await fetch(`${url}/messages?to=barbara.abe.3%40example.com&limit=1`);
  const { messages } = (await response.json()) as { messages: { id: number }[] };
  return messages[0]?.id ?? 1;
}

/**
 *
 * @param shot.height in pixels; 0 for the height of the page
 */
async function picture(
  browser: Browser,
  shot: { name: string; url?: string; html?: string; width: number; height: number },
): Promise<void> {
  const page = await browser.newPage({
    viewport: { width: shot.width, height: shot.height || 400 },
    colorScheme: 'light',
  });
  if (shot.url !== undefined) await page.goto(shot.url, { waitUntil: 'networkidle' });
  else {
    await page.setContent(shot.html ?? '');
    await page.evaluate('document.fonts.ready');
  }
  await page.screenshot({ path: join(FOLDER, shot.name), fullPage: shot.height === 0 });
  await page.close();
}

/** Returns a page that looks like a terminal with this text. */
function terminalPage(text: string): string {
  const escaped = text.replace(/[&<>]/g, (each) => `&#${each.charCodeAt(0)};`);
  const font = existsSync(FONT) ? readFileSync(FONT).toString('base64') : '';
  const face = `@font-face{font-family:terminal;src:url(data:font/ttf;base64,${font})}`;
  let open = 0;
  const colored = escaped.replace(ESCAPE, (_whole, code: string) => {
    const style = COLORS[code];
    if (style !== undefined) {
      open += 1;
      return `<span style="${style}">`;
    }
    if (open === 0) return '';
    open -= 1;
    return '</span>';
  });
  return `<style>${face}</style><body style="margin:0;background:#0d1117"><pre style="margin:0;padding:18px 22px;
    color:#c9d1d9;font:13px/1.4 terminal,monospace">${colored}</pre></body>`;
}
