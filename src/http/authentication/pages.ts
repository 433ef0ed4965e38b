import type { FastifyReply, FastifyRequest } from 'fastify';
import { pagePolicy } from '../../platform/page-policy/page-policy.ts';

/** Pages that this door shows itself. The application gives it ones that look like the rest, in the reader's language. */
export type Pages = {
  /** Where to send a browser instead of showing an error; null or absent: nowhere. */
  errorUrl?(page: { error: string; description: string; request?: FastifyRequest }): string | null;
  /** Something that was asked for can't be done; nothing about it can be sent to the application. */
  error(page: {
    error: string;
    description: string;
    requestId: string;
    request?: FastifyRequest;
  }): string;
  /** Asks before logging out, because anybody could have made the link. */
  confirmLogout(page: {
    action: string;
    fields: Record<string, string>;
    request?: FastifyRequest;
  }): string;
  loggedOut(page?: { request?: FastifyRequest }): string;
  /** Where people type the code that their television shows. */
  device(page: DevicePage): string;
};

export type DeviceProblem = 'missing' | 'unknown' | 'expired' | 'used' | 'failed' | 'many';

export type DevicePage = { request?: FastifyRequest } & (
  | { kind: 'input'; action: string; xsrf: string; userCode: string; problem?: DeviceProblem }
  | { kind: 'confirm'; action: string; xsrf: string; userCode: string; appName: string }
  | { kind: 'done' }
  | { kind: 'aborted' }
);

export const PAGE_HEADERS: Record<string, string> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': pagePolicy(),
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

export function sendPage(reply: FastifyReply, html: string): FastifyReply {
  return reply.headers(PAGE_HEADERS).send(html);
}

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
  device: (page) => {
    if (page.kind === 'done' || page.kind === 'aborted') {
      return layout('Activate a device', `<p>${page.kind}</p>`);
    }
    const { kind, xsrf, userCode } = page;
    const problem = page.kind === 'input' ? (page.problem ?? '') : '';
    const code = kind === 'input' ? 'text' : 'hidden';
    const confirm = kind === 'input' ? '' : '<input type="hidden" name="confirm" value="yes">';
    return layout(
      'Activate a device',
      `<p>${problem}</p><form method="post" action="${safe(page.action)}"><input type="hidden" name="xsrf" value="${safe(xsrf)}">${confirm}
<input type="${code}" name="user_code" value="${safe(userCode)}"><button type="submit">Continue</button></form>`,
    );
  },
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
