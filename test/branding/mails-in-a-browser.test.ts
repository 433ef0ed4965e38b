import type { Browser } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { previewMail } from '../../src/flows/deliver-mail/deliver-mail.ts';
import { BUILT_IN_MAILS } from '../../src/flows/deliver-mail/texts/texts.ts';
import { systemClock } from '../../src/platform/clock/clock.ts';
import type { Db } from '../../src/platform/db/db.ts';
import { changeBrandSettings, insertTheme } from '../../src/records/branding/branding.ts';
import { changeTenantSettings } from '../../src/records/settings/settings.ts';
import { launchBrowser } from '../harness/browser.ts';
import { freshDatabase } from '../harness/harness.ts';
import { overflow, unreadable } from '../harness/legible.ts';
import { THEME } from '../tools/configured-tenant.ts';

const LOGO = `<svg xmlns="http://www.w3.org/2000/svg" width="160" height="40"><rect width="40" height="40" rx="8" fill="#7a1f5c"/><text x="50" y="28" font-family="sans-serif" font-size="22" fill="#1c2421">Meadow</text></svg>`;
const logoUrl = 'https://cdn.meadow.test/logo.svg';

const LOOKS: Record<string, (db: Db) => Promise<unknown>> = {
  'nothing chosen': async () => {},
  'a light accent on a dark page': (db) =>
    changeBrandSettings(db, { primary: '#ffe14d', pageBackground: '#201a3d', logoUrl }, new Date()),
  'a nearly black accent': (db) =>
    changeBrandSettings(db, { primary: '#191e1d', pageBackground: '#fff', logoUrl }, new Date()),
  'a white accent on a grey page': (db) =>
    changeBrandSettings(db, { primary: '#fff', pageBackground: '#808080', logoUrl }, new Date()),
  'a dark theme': (db) =>
    insertTheme(
      db,
      'x'.repeat(32),
      { ...THEME, widget: { ...THEME.widget, logo_url: logoUrl } },
      new Date(),
    ),
};

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});

for (const [name, choose] of Object.entries(LOOKS)) {
  test(`every mail with ${name} is readable by day and by night, on a phone and a desktop`, async () => {
    const { db } = await freshDatabase();
    const contact = { friendlyName: 'Meadow', supportEmail: 'help@meadow.test' };
    await changeTenantSettings(db, contact, new Date());
    await choose(db);
    const page = await browser.newPage();
    await page.route(logoUrl, (route) =>
      route.fulfill({ contentType: 'image/svg+xml', body: LOGO }),
    );
    // All have one layout.
    for (const mail of name === 'nothing chosen' ? BUILT_IN_MAILS : BUILT_IN_MAILS.slice(0, 3)) {
      const deps = { db, clock: systemClock, publicUrl: 'https://id.meadow.test' };
      const outcome = await previewMail(deps, mail, { from: 'no-reply@meadow.test' });
      if (outcome.kind !== 'mail') throw new Error(`${mail}: ${outcome.kind}`);
      await page.setContent(outcome.mail.html);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        for (const width of [375, 700]) {
          await page.setViewportSize({ width, height: 900 });
          const faint = await unreadable(page, 'h1,p,a,strong,code,img');
          expect(faint, `${mail} ${colorScheme} ${width}`).toEqual([]);
          expect(await overflow(page), mail).toBeLessThanOrEqual(0);
        }
      }
    }
    await page.close();
  });
}
