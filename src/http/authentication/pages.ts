/** Pages that this door shows itself. The application gives it ones that look like the rest. */
export type Pages = {
  /** Something that was asked for can't be done; nothing about it can be sent to the application. */
  error(page: { error: string; description: string; requestId: string }): string;
  /** Asks before logging out, because anybody could have made the link. */
  confirmLogout(page: { action: string; fields: Record<string, string> }): string;
  loggedOut(): string;
};

/** No scripts, no frames; forms come back to us. */
export const PAGE_POLICY =
  "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'";

export const plainPages: Pages = {
  error: ({ error, description, requestId }) =>
    layout(
      'That did not work',
      `<p>${safe(description)}</p><p><small>${safe(error)} · ${safe(requestId)}</small></p>`,
    ),
  confirmLogout: ({ action, fields }) =>
    layout(
      'Log out?',
      `<form method="post" action="${safe(action)}">${Object.entries(fields)
        .map(([name, value]) => `<input type="hidden" name="${safe(name)}" value="${safe(value)}">`)
        .join('')}<button type="submit">Log out</button></form>`,
    ),
  loggedOut: () => layout('You are logged out', '<p>You can close this page.</p>'),
};

function layout(title: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head><body><main><h1>${title}</h1>${body}</main></body></html>`;
}

function safe(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
