import type { IDToken, UserInfoResponse } from 'openid-client';

/** HTML that is safe to send: all external values are escaped. */
export type Page = { readonly html: string };

type Value = string | Page | Page[];

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function render(value: Value | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return value.replace(/[&<>"']/g, (sign) => ESCAPES[sign] ?? '');
  return Array.isArray(value) ? value.map((page) => page.html).join('') : value.html;
}

/** Escapes every value, except the result of another `html`. */
function html(parts: TemplateStringsArray, ...values: Value[]): Page {
  return { html: parts.map((part, index) => part + render(values[index])).join('') };
}

const NOTHING = html``;

function layout(title: string, body: Page): Page {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Meadow</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<header class="bar"><a class="brand" href="/"><span class="leaf" aria-hidden="true"></span>Meadow</a><span class="tag">example application</span></header>
<main>${body}</main>
<footer>A small application that signs people in with OpenID Connect. Its source is in <code>examples/app</code>.</footer>
</body>
</html>
`;
}

export function signedOutPage(message: string | null): Page {
  return layout(
    'Welcome',
    html`<section class="card">
<h1>Welcome to Meadow</h1>
${message === null ? NOTHING : html`<p class="notice" role="status">${message}</p>`}
<p>You are not signed in yet. If you have been invited, open the link in your mail; otherwise sign in, or make an account.</p>
<p class="actions"><a class="button" href="/login">Sign in</a> <a class="button quiet" href="/login?screen_hint=signup">Create an account</a></p>
</section>`,
  );
}

/**
 * Returns the page of a signed-in user.
 * @param session the ID token's claims, and the answer of the userinfo endpoint
 */
export function signedInPage(session: { claims: IDToken; profile: UserInfoResponse }): Page {
  const { claims, profile } = session;
  const email = profile.email ?? '';
  const name = profile.given_name ?? profile.name ?? email;
  const initial = (name === '' ? claims.sub : name).slice(0, 1).toUpperCase();
  const rows = Object.entries({ ...profile, ...claims }).map(
    ([claim, value]) =>
      html`<tr><th scope="row"><code>${claim}</code></th><td>${shown(claim, value)}</td></tr>`,
  );
  return layout(
    'You are signed in',
    html`<section class="card">
<div class="hello"><span class="avatar" aria-hidden="true">${initial}</span>
<div><h1>Hello, ${name === '' ? 'and welcome' : name}</h1>
<p class="muted">${email}${profile.email_verified === true ? html` <span class="badge">verified</span>` : NOTHING}</p></div></div>
<p role="status">You are signed in.</p>
<form method="post" action="/logout"><button class="button quiet">Sign out</button></form>
</section>
<section class="card"><h2>What Meadow knows about you</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Claims"><table><thead><tr><th scope="col">Claim</th><th scope="col">Value</th></tr></thead><tbody>${rows}</tbody></table></div></section>`,
  );
}

const MOMENTS = ['iat', 'exp', 'nbf', 'auth_time'];

function shown(claim: string, value: unknown): string {
  if (MOMENTS.includes(claim) && typeof value === 'number') {
    return new Date(value * 1000).toISOString().replace('T', ' ').replace('.000Z', ' UTC');
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}

export function errorPage(message: string): Page {
  return layout(
    'Something went wrong',
    html`<section class="card">
<h1>Something went wrong</h1>
<p role="alert">${message}</p>
<p class="actions"><a class="button" href="/login">Try again</a> <a class="button quiet" href="/">Start page</a></p>
</section>`,
  );
}
