import type { Language } from '../../../platform/locales/locales.ts';

/** The content of one built-in mail. Texts are Liquid inside HTML. */
export type MailText = {
  subject: string;
  /** The line that mail clients show after the subject. */
  preview: string;
  heading: string;
  paragraphs: string[];
  button?: string;
  /** Small print below the button. */
  notes: string[];
};

/** The languages whose texts share a file. Each other language has its own. */
export type SideBySide = 'en' | 'de';

/** The greeting of each language. */
export const HELLO: Record<Language, string> = {
  en: 'Hello{% if user.given_name != blank %} {{ user.given_name }}{% endif %},',
  de: 'Hallo{% if user.given_name != blank %} {{ user.given_name }}{% endif %},',
  fr: 'Bonjour{% if user.given_name != blank %} {{ user.given_name }}{% endif %},',
};

const FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";

// Clients with a dark mode apply these; the others keep the inline colors. No client needs an image. Colors of `branding.mail` are valid
// whatever is stored (`mail-look.ts`).
const STYLE = `:root{color-scheme:light dark;supported-color-schemes:light dark}
body{margin:0;padding:0;-webkit-text-size-adjust:100%}
@media (prefers-color-scheme:dark){
.page{background:{{ branding.mail.page_dark }}!important}
.card{background:#191e1d!important;border-color:{{ branding.mail.line_dark }}!important}
.text{color:#edf1ef!important}
.note{color:#a9b5b0!important}
.link{color:{{ branding.mail.link_dark }}!important}
.on-page{color:{{ branding.mail.on_page_dark }}!important}
.logo-ground{padding:8px 12px!important}
}
@media (max-width:620px){.card-cell{padding:28px 22px!important}}`;

// Clients that show no images show the name instead. The background is that of the pages, which the logo was made for.
const LOGO = `{% if branding.mail.logo != blank %}<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:0 0 20px">
<tr><td class="logo-ground" style="padding:{{ branding.mail.logo_padding }};background:{{ branding.mail.logo_ground }};border-radius:8px">
<img class="logo" src="{{ branding.mail.logo }}" alt="{{ branding.mail.logo_name }}" height="40" style="display:block;height:40px;width:auto;max-width:240px;object-fit:contain;border:0;${FONT};font-size:16px;font-weight:600;color:{{ branding.mail.logo_label }}">
</td></tr>
</table>{% endif %}`;

const LINK_HINT: Record<Language, string> = {
  en: 'If the button does not work, copy this link into your browser:',
  de: 'Falls die Schaltfläche nicht funktioniert, kopieren Sie diesen Link in Ihren Browser:',
  fr: 'Si le bouton ne fonctionne pas, copiez ce lien dans votre navigateur :',
};

const SUPPORT: Record<Language, string> = {
  en: 'Questions?',
  de: 'Fragen?',
  fr: 'Des questions ?',
};

/** Returns a mail as HTML that works in old and new clients: tables, inline styles, a link as button. */
export function layoutMail(text: MailText, language: Language): string {
  const paragraph = (content: string) =>
    `<p class="text" style="margin:0 0 16px;${FONT};font-size:16px;line-height:1.55;color:#1c2421">${content}</p>`;
  const note = (content: string) =>
    `<p class="note" style="margin:0 0 12px;${FONT};font-size:14px;line-height:1.5;color:#55605b">${content}</p>`;
  return `<!DOCTYPE html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${text.subject}</title>
<style>${STYLE}</style>
</head>
<body class="page" style="margin:0;padding:0;background:{{ branding.mail.page }}">
<div style="display:none;max-height:0;overflow:hidden">${text.preview}</div>
<table role="presentation" class="page" width="100%" cellpadding="0" cellspacing="0" border="0" style="background:{{ branding.mail.page }}">
<tr><td align="center" style="padding:32px 12px">
<table role="presentation" class="card" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:560px;background:#ffffff;border:1px solid {{ branding.mail.line }};border-radius:10px">
<tr><td class="card-cell" style="padding:40px 44px">
${LOGO}
<p class="note" style="margin:0 0 24px;${FONT};font-size:14px;line-height:1.4;color:#55605b">{{ place }}</p>
<h1 class="text" style="margin:0 0 20px;${FONT};font-size:24px;line-height:1.3;font-weight:600;color:#1c2421">${text.heading}</h1>
${text.paragraphs.map(paragraph).join('\n')}
${text.button === undefined ? '' : `{% if url != blank %}${button(text.button, LINK_HINT[language])}{% endif %}`}
${text.notes.map(note).join('\n')}
{% if support_email != blank or support_url != blank %}<p class="note" style="margin:20px 0 0;${FONT};font-size:14px;line-height:1.5;color:#55605b">${SUPPORT[language]} {% if support_url != blank %}<a class="link" href="{{ support_url }}" style="color:{{ branding.mail.link }}">{{ support_url }}</a>{% else %}<a class="link" href="mailto:{{ support_email }}" style="color:{{ branding.mail.link }}">{{ support_email }}</a>{% endif %}</p>{% endif %}
</td></tr>
</table>
<p class="on-page" style="margin:18px 0 0;${FONT};font-size:12px;line-height:1.5;color:{{ branding.mail.on_page }}">{{ friendly_name }}</p>
</td></tr>
</table>
</body>
</html>
`;
}

function button(label: string, hint: string): string {
  return `<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:8px 0 20px">
<tr><td align="center" bgcolor="{{ branding.mail.button }}" style="border-radius:8px;background:{{ branding.mail.button }}">
<a href="{{ url }}" style="display:inline-block;padding:14px 28px;${FONT};font-size:16px;font-weight:600;line-height:1.2;color:{{ branding.mail.button_label }};text-decoration:none;border:1px solid {{ branding.mail.button_line }};border-radius:8px">${label}</a>
</td></tr>
</table>
<div class="html-only">
<p class="note" style="margin:0 0 4px;${FONT};font-size:14px;line-height:1.5;color:#55605b">${hint}</p>
<p style="margin:0 0 20px;${FONT};font-size:14px;line-height:1.5;word-break:break-all"><a class="link" href="{{ url }}" style="color:{{ branding.mail.link }}">{{ url }}</a></p>
</div>`;
}
