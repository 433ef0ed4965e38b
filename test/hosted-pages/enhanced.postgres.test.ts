import type { Browser, Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  checkPassword,
  type PasswordPolicy,
} from '../../src/platform/password-policy/password-policy.ts';
import { findPassword } from '../../src/records/passwords/passwords.ts';
import { launchBrowser } from '../harness/browser.ts';
import { watchedPage } from '../harness/watched-page.ts';
import { openStillWorld, type StillWorld } from '../harness/world.ts';

let world: StillWorld;
let browser: Browser;
const complaints: string[] = [];

beforeAll(async () => {
  world = await openStillWorld();
  browser = await launchBrowser();
});

async function open(path: string, options: { javaScriptEnabled?: boolean } = {}): Promise<Page> {
  const page = await watchedPage(browser, complaints, options);
  await page.goto(`${world.publicUrl}${path}`);
  return page;
}

let connections = 0;
async function aLink(policy: PasswordPolicy = { level: 'good' }) {
  const connection = await world.aConnection(
    {
      passwordPolicy: policy.level,
      ...(policy.minLength && { password_complexity_options: { min_length: policy.minLength } }),
    },
    `connection-${++connections}`,
  );
  const user = await world.aUser(connection);
  return { user, path: `/u/reset-verify?ticket=${await world.aTicket(user)}` };
}

describe('in a real browser', () => {
  test.each([
    [{ level: 'none' }],
    [{ level: 'low' }],
    [{ level: 'fair' }],
    [{ level: 'good' }],
    [{ level: 'excellent', minLength: 6 }],
  ] as const)('the rules of %o give the same result while typing as on the server', async (policy) => {
    const page = await open(`${(await aLink(policy)).path}#`);
    for (const password of [
      'a',
      'abcdef',
      'Abcdef7',
      'Abcdefg7',
      'aaaA7 x!',
      'ÄÖÜß漢字12',
      'Пароль78',
      'пароль78',
      'κωδικός-μου',
      '😀😀😀',
    ]) {
      await page.fill('#password', password);
      const shown = await page
        .locator('[data-rules] > ul > li')
        .evaluateAll((rules) => rules.every((rule) => rule.classList.contains('met')));
      expect([password, shown]).toEqual([
        password,
        checkPassword(policy, password, {}).kind === 'ok',
      ]);
    }
    await page.context().close();
  });

  test('the meter shows a common password as weak and a long one as strong', async () => {
    const page = await open((await aLink()).path);
    const shown = async (password: string) => {
      await page.fill('#password', password);
      return Number(await page.getAttribute('[data-strength]', 'data-level'));
    };
    for (const weak of ['asdfghjkl;A1', 'iloveyou1A', 'Aa1!Aa1!', 'Ö1Ö1Ö1Ö1', 'Qwertz12']) {
      expect([weak, (await shown(weak)) < 2]).toEqual([weak, true]);
    }
    for (const strong of ['correct horse battery staple', 'Вечером пахнет сиренью']) {
      expect([strong, await shown(strong)]).toEqual([strong, 4]);
    }
    await page.context().close();
  });

  test('the part behind the # greets invited people as text and survives a mistake', async () => {
    const name = '<img src=x onerror=document.title=1>&$&';
    const page = await open(`${(await aLink()).path}#type=invite#app=${encodeURIComponent(name)}`);
    const welcome = `Welcome to ${name}`;
    expect(await page.textContent('h1')).toBe(welcome);
    expect(await page.textContent('button.primary')).toBe('Set password and continue');
    expect(await page.locator('img[src=x]').count()).toBe(0);
    await page.fill('#password', 'weak');
    await page.click('button.primary');
    await page.waitForSelector('[role=alert]');
    await expect.poll(() => page.textContent('h1')).toBe(welcome);
    await page.context().close();
  });

  test('a password can be shown and is hidden again on submit', async () => {
    const page = await open((await aLink()).path);
    await page.fill('#password', 'weak');
    await page.click('[data-reveal]');
    expect(await page.getAttribute('#password', 'type')).toBe('text');
    expect(await page.textContent('[data-reveal]')).toBe('Hide');
    await page.click('button.primary');
    await page.waitForSelector('[role=alert]');
    expect(await page.getAttribute('#password', 'type')).toBe('password');
    await page.context().close();
  });

  test.each([
    [true],
    [false],
  ])('a person chooses a password, JavaScript: %s', async (javaScriptEnabled) => {
    const { user, path } = await aLink();
    const page = await open(`${path}#`, { javaScriptEnabled });
    await page.fill('#password', 'Tulip-Canal-77');
    expect(await page.locator('#repeat').isVisible()).toBe(!javaScriptEnabled);
    if (!javaScriptEnabled) await page.fill('#repeat', 'Tulip-Canal-77');
    // With a referrer policy of no-referrer a real browser sends `Origin: null`.
    const button = page.locator('button.primary');
    await button.scrollIntoViewIfNeeded();
    const { x = 0, y = 0 } = (await button.boundingBox()) ?? {};
    // The second click comes while the first one's request is on its way.
    for (let click = 0; click < 2; click++) {
      await page.mouse.click(x + 20, y + 20);
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
    await page.waitForURL('**/u/done?**');
    expect(await page.textContent('h1')).toBe('Your password is saved');
    expect(await findPassword(world.db, user.id)).not.toBeNull();
    await page.context().close();
  });

  test('no page violates the content security policy or logs an error', () => {
    expect(complaints).toEqual([]);
  });
});

test('the script never sets markup', async () => {
  const { body } = await world.app.inject({ url: '/u/assets/enhance.js' });
  expect(body).toContain('textContent');
  expect(body).not.toMatch(
    /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function/,
  );
});
