import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  createInvitationFlow,
  loginAddress,
  resetPassword,
} from '../../client/src/invitation-flow.ts';
import { openBrowser } from '../harness/providers/person.ts';
import { aVisitor } from '../harness/visitor.ts';
import { CALLBACK, openWorld, type World } from '../harness/world.ts';
import { FIELDS, GOOD, NAMES, ORIGIN } from '../invitation-flow/flow-page.ts';
import { aProviderScene, type ProviderScene } from '../invitation-flow/provider-scene.ts';

const CLIENT = join(import.meta.dirname, '../../client');
const MOST_BYTES = 5000;

let world: World;
let scene: ProviderScene;

beforeAll(async () => {
  world = await openWorld();
  scene = await aProviderScene(world);
});

/** The requests of a page of the application. */
const fromPage: typeof fetch = (url, init) =>
  fetch(url, {
    ...init,
    headers: { ...Object.fromEntries(new Headers(init?.headers)), origin: ORIGIN },
  });

/** A browser's storage. */
function aStorage() {
  const values = new Map<string, string>();
  return {
    values,
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => void values.set(key, value),
    removeItem: (key: string) => void values.delete(key),
  };
}

const aClient = (link: string, storage = aStorage()) => {
  const { id: clientId } = scene.client;
  const baseUrl = `${world.server.url}/`;
  return createInvitationFlow({ baseUrl, clientId, link, storage, fetch: fromPage });
};

describe('the browser client', () => {
  test('accepts an invitation, and forgets its secret', async () => {
    const { link } = await scene.invite({ profileSchema: NAMES });
    const storage = aStorage();
    const flow = aClient(link, storage);
    expect(await flow.start()).toMatchObject({ ok: true, state: { state: 'profile' } });
    expect(await flow.profile({})).toMatchObject({
      ok: false,
      problem: { code: 'invalid_fields' },
      state: { state: 'profile' },
    });
    await flow.profile(FIELDS);
    expect(storage.values.size).toBe(1);
    expect(JSON.stringify([...storage.values])).not.toContain(link);
    expect(await flow.password(GOOD)).toMatchObject({ ok: true, state: { state: 'ready' } });
    const completed = await flow.complete({ state: 'of the application' });
    if (!completed.ok || completed.state === null) throw new Error(JSON.stringify(completed));
    expect(completed.state).toMatchObject({ state: 'done', expires_in: 60 });
    const address = new URL(
      loginAddress('https://app.example.test/login?from=join', completed.state),
    );
    expect(address.searchParams.get('login_ticket')).toBe(completed.state.login_ticket);
    expect(storage.values.size).toBe(0);
  });

  test('goes on after a reload, and tells a second browser that a flow is under way', async () => {
    const { link } = await scene.invite({ profileSchema: NAMES });
    const storage = aStorage();
    const first = aClient(link, storage);
    await first.start();
    await first.profile(FIELDS);
    expect(await aClient(link, storage).start()).toMatchObject({
      ok: true,
      state: { state: 'credential' },
    });
    const second = aClient(link);
    expect(await second.start()).toMatchObject({ ok: false, problem: { code: 'under_way' } });
    expect(await second.start({ takeOver: true })).toMatchObject({
      ok: true,
      state: { entered: { profile: FIELDS } },
    });
    expect(await first.refresh()).toMatchObject({ ok: false, problem: { code: 'unknown_flow' } });
  });

  test('goes on when the browser is back from an identity provider', async () => {
    const { secret, user } = await scene.invite();
    const link = `${CALLBACK}#ticket=${secret}`;
    scene.provider.logsIn({ sub: 'ada', email: user.email, email_verified: true });
    const storage = aStorage();
    const leaving = aClient(link, storage);
    await leaving.start();
    const begun = await leaving.connection('acme-id', { returnUrl: link });
    if (!begun.ok || begun.state === null) throw new Error(JSON.stringify(begun));
    const { back } = await openBrowser().go(begun.state.redirect_to);
    expect(back?.href).toContain(`${link}&flow_login=`);
    const arriving = aClient(String(back), storage);
    expect(await arriving.start()).toMatchObject({ ok: true, state: { state: 'ready' } });
    expect(await arriving.start()).toMatchObject({ ok: true, state: { state: 'ready' } });
    // Without the secret of the flow the page starts with its link.
    expect(await aClient(String(back)).start()).toMatchObject({ problem: { code: 'under_way' } });
  });

  test('says that a browser makes no passkeys', async () => {
    const { link } = await scene.invite();
    const flow = aClient(link);
    await flow.start();
    expect(await flow.passkey()).toMatchObject({ ok: false, problem: { code: 'wrong_step' } });
  });

  test('sets a new password with the link of a mail, once', async () => {
    const user = await world.aUser(scene.connection, { password: 'Heron-Lagoon-42' });
    const secret = await world.aTicket(user, { clientId: scene.client.id });
    const { id: clientId } = scene.client;
    const link = `${world.publicUrl}/u/reset-verify?ticket=${secret}#`;
    const options = { baseUrl: world.server.url, clientId, link, fetch: fromPage };
    expect(await resetPassword(options, 'short')).toMatchObject({
      ok: false,
      problem: { code: 'password_refused' },
      state: { next: ['reset'] },
    });
    const done = await resetPassword(options, GOOD);
    if (!done.ok || done.state === null) throw new Error(JSON.stringify(done));
    const visitor = aVisitor(world);
    const { login_ticket } = done.state;
    const shown = await world.openLogin(visitor, clientId, { login_ticket: String(login_ticket) });
    expect((await world.claimsAfter(visitor, shown)).sub).toBe(user.id);
    expect(await resetPassword(options, GOOD)).toMatchObject({ problem: { code: 'link_ended' } });
    const other = await world.aClient(scene.connection, { settings: { webOrigins: [ORIGIN] } });
    const foreign = await resetPassword({ ...options, clientId: other.id }, GOOD);
    expect(foreign).toMatchObject({ ok: false, problem: { code: 'unknown_link' } });
  });

  test('tells its listeners, and that no answer arrived', async () => {
    const seen: boolean[] = [];
    const options = { clientId: 'any', link: 'any', storage: aStorage() };
    const flow = createInvitationFlow({ ...options, baseUrl: 'http://127.0.0.1:1' });
    const end = flow.subscribe(() => seen.push(flow.current().ok));
    expect(await flow.start()).toMatchObject({
      ok: false,
      problem: { code: 'unreachable' },
      state: null,
    });
    end();
    await flow.start();
    expect(seen).toEqual([false]);
  });

  test('has a React hook that renders before the first answer', async () => {
    const { createElement, renderToString, useInvitationFlow } = await reactParts();
    const Join = () => {
      const { state, problem, isBusy } = useInvitationFlow({
        baseUrl: world.server.url,
        clientId: scene.client.id,
        link: 'any',
        storage: aStorage(),
      });
      return createElement('p', null, `${state} ${problem} ${isBusy}`);
    };
    expect(renderToString(createElement(Join))).toBe('<p>null null false</p>');
  });

  test.each([
    ['invitation-flow', '1.7 kB'],
    ['react', '1.6 kB'],
  ])('%s is smaller than 5 kB, and its README says the size', async (entry, said) => {
    const bytes = await minifiedSize(join(CLIENT, `src/${entry}.ts`));
    expect(bytes).toBeLessThan(MOST_BYTES);
    expect(`${(bytes / 1000).toFixed(1)} kB`).toBe(said);
    expect(readFileSync(join(CLIENT, 'README.md'), 'utf8')).toContain(said);
  });

  test('publishes its types and nothing but its build', () => {
    const packed = JSON.parse(readFileSync(join(CLIENT, 'package.json'), 'utf8'));
    expect(packed.files).toEqual(['dist', 'README.md']);
    expect(packed.dependencies).toBeUndefined();
    for (const { types, default: code } of Object.values<{ types: string; default: string }>(
      packed.exports,
    )) {
      expect(types.replace('.d.ts', '')).toBe(code.replace('.js', ''));
    }
  });
});

/** The types of React declare a page's elements for the whole program, so they are not imported here. */
async function reactParts() {
  const [react, dom, hook] = await Promise.all(
    ['react', 'react-dom/server', '../../client/src/react.ts'].map((path) => import(path)),
  );
  return { ...react, ...dom, ...hook };
}

/** Bundles and minifies with the bundler that the test runner brings. Returns the gzipped size. */
async function minifiedSize(input: string): Promise<number> {
  const ofRunner = createRequire(createRequire(import.meta.url).resolve('vitest/package.json'));
  const ofVite = createRequire(ofRunner.resolve('vite'));
  const { rolldown } = await import(pathToFileURL(ofVite.resolve('rolldown')).href);
  const bundle = await rolldown({ input, external: ['react'] });
  const { output } = await bundle.generate({ format: 'esm', minify: true });
  return gzipSync(output[0].code).length;
}
