import type { SunkMail, SunkMailInFull } from '../../outbound/mail-sink/mail-sink.ts';
import { escapeHtml } from '../../platform/templates/templates.ts';

/** @param base the path of the mailbox: /dev/mailbox, or the same with its secret */
function page(base: string, title: string, body: string): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="stylesheet" href="${base}/style.css">
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header class="bar"><a class="brand" href="${base}">Development mailbox</a>
<p>Mails stay here because no mail server is set. Set <code>SMTP_URL</code> to send them.</p></header>
<main id="main">${body}</main>
</body>
</html>
`;
}

const time = (iso: string) =>
  `<time datetime="${escapeHtml(iso)}">${escapeHtml(iso.slice(0, 19).replace('T', ' '))}</time>`;

/** Returns the list of mails, with a search by recipient. */
export function listPage(input: {
  base: string;
  mails: SunkMail[];
  total: number;
  to: string;
  page: number;
  perPage: number;
}): string {
  const { base, mails, total, to, perPage } = input;
  const pages = Math.max(1, Math.ceil(total / perPage));
  const link = (number: number, label: string, rel: string) =>
    `<a rel="${rel}" href="${base}?${new URLSearchParams({ ...(to && { to }), page: String(number) })}">${label}</a>`;
  const rows = mails
    .map(
      (mail) => `<li><a href="${base}/${mail.id}">
<span class="subject">${escapeHtml(mail.subject || '(no subject)')}</span>
<span class="to">${escapeHtml(mail.to.join(', '))}</span>
${time(mail.receivedAt)}</a></li>`,
    )
    .join('\n');
  const empty = `<p class="empty">${to ? 'No email to this address yet.' : 'No email yet. Invite a user or request a password reset.'}</p>`;
  return page(
    base,
    'Mailbox',
    `<div class="head"><h1>Emails <span class="count">${total}</span></h1>
<form method="get" action="${base}" role="search"><label for="to">Recipient</label>
<input id="to" name="to" type="search" value="${escapeHtml(to)}" placeholder="ada@example.com" autocomplete="off">
<button>Search</button></form></div>
${mails.length > 0 ? `<ol class="mails">${rows}</ol>` : empty}
${pages > 1 ? `<nav class="pages" aria-label="Pages">${input.page > 0 ? link(input.page - 1, 'Newer', 'prev') : '<span></span>'}<span>Page ${input.page + 1} of ${pages}</span>${input.page + 1 < pages ? link(input.page + 1, 'Older', 'next') : '<span></span>'}</nav>` : ''}`,
  );
}

export type MailView = 'html' | 'text' | 'source';

/** Returns the page of one email. Its HTML is in a frame without scripts. */
export function mailPage(base: string, mail: SunkMailInFull, view: MailView): string {
  const tab = (name: MailView, label: string) =>
    `<a href="${base}/${mail.id}?view=${name}"${view === name ? ' aria-current="page"' : ''}>${label}</a>`;
  const content = {
    html: mail.html
      ? `<iframe title="The email" sandbox="allow-popups allow-popups-to-escape-sandbox" src="${base}/${mail.id}/html"></iframe>`
      : '<p class="empty">This email has no HTML.</p>',
    text: mail.text
      ? `<pre>${linked(mail.text)}</pre>`
      : '<p class="empty">This email has no text.</p>',
    source: `<pre>${escapeHtml(mail.raw)}</pre>`,
  }[view];
  return page(
    base,
    mail.subject || 'Email',
    `<p class="back"><a href="${base}">All emails</a></p>
<article><h1>${escapeHtml(mail.subject || '(no subject)')}</h1>
<dl><dt>To</dt><dd><a href="${base}?${new URLSearchParams({ to: mail.to[0] ?? '' })}">${escapeHtml(mail.to.join(', '))}</a></dd>
<dt>From</dt><dd>${escapeHtml(mail.headers.find((header) => header.name === 'from')?.value ?? mail.from)}</dd>
<dt>Received</dt><dd>${time(mail.receivedAt)} UTC</dd></dl>
<nav class="tabs" aria-label="View">${tab('html', 'Email')}${tab('text', 'Text')}${tab('source', 'Source')}</nav>
<div class="view">${content}</div></article>`,
  );
}

function linked(text: string): string {
  return text
    .split(/(https?:\/\/[^\s<>"]+)/)
    .map((piece, index) => {
      const shown = escapeHtml(piece);
      return index % 2 === 1 ? `<a href="${shown}" rel="noopener noreferrer">${shown}</a>` : shown;
    })
    .join('');
}

export function missingPage(base: string): string {
  return page(
    base,
    'Email not found',
    `<h1>Email not found</h1><p><a href="${base}">All emails</a></p>`,
  );
}

/** Returns the page for requests from other machines without the link. It has no style and no links. */
export function closedPage(): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>The mailbox is closed</title>
</head>
<body>
<main>
<h1>The mailbox is closed</h1>
<p>The emails in it give access to accounts. To open the mailbox from here, use the link that the server printed at its start.</p>
<p>Without the link, it opens only on the machine of the server, at a localhost address and without a proxy.</p>
</main>
</body>
</html>
`;
}
