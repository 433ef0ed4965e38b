/**
 * Takes pictures of every hosted page, for whoever changes how they look: `node scripts/screenshots.ts [folder]`.
 * Narrow and wide, light and dark, English and German; needs no database and no browser of your own.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Browser } from 'playwright-core';
import { openDatabase } from '../src/platform/db/db.ts';
import { launchBrowser } from '../test/harness/browser.ts';
import { openWorld } from '../test/hosted-pages/world.ts';

const { positionals } = parseArgs({ allowPositionals: true });
const folder = positionals[0] ?? 'screenshots';
mkdirSync(folder, { recursive: true });

type Shot = {
  name: string;
  path: string;
  /** What to do before the picture is taken. */
  fill?: Record<string, string>;
  submit?: boolean;
  german?: boolean;
  dark?: boolean;
};

const WIDTHS = [375, 1280];

const database = await openDatabase({ url: undefined, dataDir: 'memory://' });
await database.migrate();
const world = await openWorld(database, { publicUrl: 'http://localhost:3999' });
await world.app.listen({ port: 3999, host: '127.0.0.1' });

const connection = await world.aConnection({ passwordPolicy: 'good' });
const client = await world.aClient(connection);
const hostile = await world.aClient(connection, {
  name: 'Donaudampfschifffahrtsgesellschaftskapitänsverwaltung <b>bold</b>',
});
const person = { email: 'jo.harper@example.com', password: 'Tulip-Canal-77' };
const user = await world.aUser(connection, person);
const invited = await world.aUser(connection, { email: 'invited@example.com' });
const plan = { inviter: { name: 'Mira Okafor' } };
const invitation = await world.anInvitation(invited, { clientId: client.id, plan });
const past = await world.anInvitation(invited, {
  clientId: hostile.id,
  plan: { ttlSec: 0, ...plan },
});
const other = await world.aUser(connection, { email: 'other@example.com' });
const old = await world.aTicket(other);
const ticket = await world.aTicket(user);
const plain = await world.aTicket(other, { resultUrl: 'https://app.example.com/in' });
const verification = await world.aTicket(user, { kind: 'email-verification' });
const state = world.beginLogin(client.id);
const stateOfHostile = world.beginLogin(hostile.id);

const shots: Shot[] = [
  { name: 'login', path: `/u/login?state=${state}` },
  { name: 'login-dark', path: `/u/login?state=${state}`, dark: true },
  { name: 'login-de', path: `/u/login?state=${state}`, german: true },
  { name: 'login-long-name', path: `/u/login?state=${stateOfHostile}` },
  {
    name: 'login-wrong',
    path: `/u/login?state=${state}`,
    fill: { username: 'jo.harper@example.com', password: 'nope' },
    submit: true,
  },
  { name: 'sign-up', path: `/u/signup?state=${state}`, fill: { password: 'tulips' } },
  { name: 'forgot', path: `/u/reset-password/request?state=${state}` },
  {
    name: 'forgot-wrong',
    path: `/u/reset-password/request?state=${state}`,
    fill: { email: 'jo' },
    submit: true,
  },
  { name: 'mail-sent', path: `/u/mail-sent?state=${state}` },
  { name: 'mail-sent-dark', path: `/u/mail-sent?state=${state}`, dark: true },
  { name: 'reset', path: `/u/reset-verify?ticket=${ticket}#` },
  {
    name: 'reset-strong',
    path: `/u/reset-verify?ticket=${ticket}#`,
    fill: { password: 'Tulip-Canal-78' },
  },
  {
    name: 'reset-weak',
    path: `/u/reset-verify?ticket=${ticket}#`,
    fill: { password: 'tulip' },
    submit: true,
  },
  { name: 'reset-invite', path: `/u/reset-verify?ticket=${plain}#type=invite&app=Northwind` },
  { name: 'invitation', path: `/u/invitation?ticket=${invitation.secret}#` },
  {
    name: 'invitation-dark',
    path: `/u/invitation?ticket=${invitation.secret}#`,
    dark: true,
    fill: { password: 'Tulips99' },
  },
  {
    name: 'invitation-de',
    path: `/u/invitation?ticket=${invitation.secret}#`,
    german: true,
    fill: { password: 'Tulips' },
  },
  { name: 'expired', path: `/u/invitation?ticket=${past.secret}#` },
  { name: 'superseded', path: `/u/reset-verify?ticket=${old}#` },
  { name: 'unknown', path: '/u/reset-verify?ticket=nothing#' },
  { name: 'verification', path: `/u/email-verification?ticket=${verification}#` },
  { name: 'done', path: '/u/done?what=invitation' },
  { name: 'logged-out', path: '/u/logged-out' },
  { name: 'not-found', path: '/nothing-here' },
  { name: 'error', path: '/boom' },
  { name: 'error-dark', path: '/boom', dark: true },
];

const browser = await launchBrowser();
for (const shot of shots) for (const width of WIDTHS) await take(browser, shot, width);
await browser.close();
await world.app.close();
await database.close();

async function take(from: Browser, shot: Shot, width: number): Promise<void> {
  const context = await from.newContext({
    viewport: { width, height: width < 600 ? 780 : 800 },
    locale: shot.german ? 'de-DE' : 'en-GB',
    colorScheme: shot.dark ? 'dark' : 'light',
    timezoneId: 'Europe/Berlin',
    deviceScaleFactor: 1,
  });
  const page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error') console.error(`${shot.name}: ${message.text()}`);
  });
  page.on('pageerror', (error) => console.error(`${shot.name}: ${error.message}`));
  await page.goto(`http://localhost:3999${shot.path}`);
  for (const [id, text] of Object.entries(shot.fill ?? {})) await page.fill(`#${id}`, text);
  if (shot.submit) {
    await page.click('button[type=submit]');
    await page.waitForLoadState('networkidle');
  }
  await page.screenshot({ path: join(folder, `${shot.name}-${width}.png`), fullPage: true });
  await context.close();
}
