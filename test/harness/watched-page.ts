import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

/**
 * Opens a page in a fresh profile. Complaints of the browser are added to `complaints`: errors of scripts, and violations of a page's
 * policy. A page that itself answers 400 or 410 is no complaint, because people see that answer, too.
 */
export async function watchedPage(
  browser: Browser,
  complaints: string[],
  options: BrowserContextOptions = {},
): Promise<Page> {
  const context = await browser.newContext({ locale: 'en-GB', ...options });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  watch(page, complaints);
  return page;
}

/** The same for an open page. */
export function watch(page: Page, complaints: string[]): void {
  const withoutFragment = (url: string) => url.replace(/#.*$/, '');
  page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`));
  page.on('console', (message) => {
    const isOwnStatus = withoutFragment(message.location().url) === withoutFragment(page.url());
    const isStatus = message.text().startsWith('Failed to load resource');
    if (message.type() !== 'error' || (isStatus && isOwnStatus)) return;
    complaints.push(`${page.url()}: ${message.text()}`);
  });
}
