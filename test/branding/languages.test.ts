import { beforeAll, expect, test } from 'vitest';
import { aPassword, aPerson } from '../harness/factories.ts';
import { DEFAULT_CONNECTION } from '../harness/harness.ts';
import { textOf } from '../harness/visitor.ts';
import { type ApiClient, openTab, openWorld, type World } from '../harness/world.ts';

let world: World;
let client: ApiClient;

beforeAll(async () => {
  world = await openWorld();
  client = await world.registerClient();
});

async function set(method: string, path: string, body: unknown) {
  const answer = await world.server.api(method, `/api/v2${path}`, body);
  expect(answer.status).toBe(200);
}
const speak = (...enabled_locales: string[]) =>
  set('PATCH', '/tenants/settings', { enabled_locales, friendly_name: 'Meadow' });
const write = (language: string, login: object) =>
  set('PUT', `/prompts/login/custom-text/${language}`, { login });

/** Returns the login page for a browser with this language. */
async function loginPage(language: string, more: Record<string, string> = {}) {
  const url = world.authorize(client, more);
  const tab = openTab();
  const { url: at } = await tab.go(url);
  const answer = await fetch(at, {
    headers: { accept: 'text/html', 'accept-language': language, cookie: tab.cookies() },
  });
  const html = await answer.text();
  return {
    html,
    tag: /<html lang="([^"]*)"/.exec(html)?.[1],
    dir: /<html [^>]*dir="([^"]*)"/.exec(html)?.[1],
    title: /<h1[^>]*>([^<]*)/.exec(html)?.[1]?.trim(),
    submit: /class="[^"]*\bprimary\b[^"]*"[^>]*>([^<]*)</.exec(html)?.[1]?.trim(),
    text: textOf({ html }),
  };
}

test('pages are in French for a French browser', async () => {
  const page = await loginPage('fr-CA, en;q=0.5');
  expect(page).toMatchObject({ tag: 'fr', title: 'Connexion', submit: 'Se connecter' });
  expect(page.text).toContain('Connectez-vous pour accéder à Meadow.');
  const missing = await fetch(`${world.server.url}/u/nowhere`, {
    headers: { accept: 'text/html', 'accept-language': 'fr' },
  });
  expect(await missing.text()).toContain('Il n’y a rien ici');
});

test('an enabled language of the operator counts, and falls back text by text', async () => {
  await write('pt-BR', { title: 'Entrar' });
  await write('pt', { title: 'Iniciar', buttonText: 'Avançar' });
  await write('de', { forgotPasswordText: 'Passwort weg?' });
  expect(await loginPage('pt-BR')).toMatchObject({ tag: 'en', title: 'Log in' });
  await speak('de', 'pt-BR', 'en');
  const page = await loginPage('pt-BR');
  expect(page).toMatchObject({ tag: 'pt-BR', title: 'Entrar', submit: 'Avançar' });
  // A missing text is in the default language, in the operator's words.
  expect(page.text).toContain('Passwort weg?');
  expect(page.text).toContain('Noch kein Konto?');
  expect(await loginPage('ja')).toMatchObject({ tag: 'de', title: 'Anmelden' });
  expect(await loginPage('en', { ui_locales: 'nl pt' })).toMatchObject({ tag: 'pt-BR' });
  await speak('en', 'de', 'fr');
});

test("a region of a built-in language has the built-in texts, and the operator's own if there are any", async () => {
  await speak('en', 'fr-CA');
  await write('fr-CA', { title: 'Ouverture de session' });
  const page = await loginPage('fr');
  expect(page).toMatchObject({
    tag: 'fr-CA',
    title: 'Ouverture de session',
    submit: 'Se connecter',
  });
  await speak('en', 'de', 'fr');
});

test('pages in Arabic and Hebrew run from right to left', async () => {
  await speak('en', 'ar', 'he');
  await write('ar', { title: 'تسجيل الدخول' });
  expect(await loginPage('ar-EG')).toMatchObject({ tag: 'ar', dir: 'rtl', title: 'تسجيل الدخول' });
  expect(await loginPage('he')).toMatchObject({ tag: 'en', dir: undefined });
  await speak('en', 'de', 'fr');
});

/** Returns the verification mail of a user with this metadata. */
async function verificationMail(user_metadata: object) {
  const { email } = aPerson();
  await world.server.api('POST', '/api/v2/users', {
    connection: DEFAULT_CONNECTION,
    email,
    password: aPassword(),
    verify_email: true,
    user_metadata,
  });
  return (await world.server.sink.waitForMail(email)).mail;
}

test('mails are in the language of the user, or else in the default language', async () => {
  const french = await verificationMail({ lang: 'fr-CA' });
  expect(french.subject).toBe('Confirmez votre adresse e-mail pour Meadow');
  expect(french.html).toContain('<html lang="fr">');
  expect(french.text).toMatch(/Le lien ne fonctionne qu’une fois et expire le \S+ \d/);
  await speak('de', 'en');
  expect((await verificationMail({})).subject).toMatch(/^Bestätigen Sie/);
  expect((await verificationMail({ locale: 'nl' })).subject).toMatch(/^Bestätigen Sie/);
  await speak('en', 'de', 'fr');
});

test("an operator's template chooses its text by the language of the user", async () => {
  const body =
    "{% if user.user_metadata.lang == 'nl' %}Hallo {{ url }}{% elsif request_language == 'fr' %}Bonjour {{ url }}{% else %}Hello {{ url }}{% endif %}";
  await set('PUT', '/email-templates/verify_email', {
    template: 'verify_email',
    subject: "{% if user.user_metadata.lang == 'nl' %}Bevestig{% else %}Confirm{% endif %}",
    body,
    from: null,
    syntax: 'liquid',
    enabled: true,
  });
  const dutch = await verificationMail({ lang: 'nl' });
  expect([dutch.subject, dutch.text?.split(' ')[0]]).toEqual(['Bevestig', 'Hallo']);
  expect((await verificationMail({ lang: 'fr' })).text).toMatch(/^Bonjour /);
  expect((await verificationMail({})).text).toMatch(/^Hello /);
  const shown = await world.server.api<{ subject: string }>(
    'POST',
    '/api/v2/email-templates/verify_email/preview',
    { language: 'nl' },
  );
  expect(shown.body.subject).toBe('Bevestig');
});
