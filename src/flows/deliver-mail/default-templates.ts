import type { Language } from '../../platform/locales/locales.ts';
import { HELLO, layoutMail, type MailText, type SideBySide } from './default-layout.ts';
import { FACTOR_TEXTS } from './factor-mails.ts';
import { FRENCH_TEXTS } from './french-mails.ts';
import { INVITATION_TEXTS } from './invitation-mails.ts';
import { SIGN_UP_TEXTS } from './sign-up-mails.ts';

export type DefaultTemplate = { subject: string; body: string };

const TEXTS: Record<string, Record<SideBySide, MailText>> = {
  ...INVITATION_TEXTS,
  ...FACTOR_TEXTS,
  ...SIGN_UP_TEXTS,
  reset_email: {
    en: {
      subject: 'Choose a new password for {{ place }}',
      preview: 'The link works until {{ expires }}.',
      heading: 'Choose a new password',
      paragraphs: [
        HELLO.en,
        'Somebody, hopefully you, asked to change the password of <strong>{{ user.email }}</strong> at {{ place }}. The next step: open the link and choose a new one.',
      ],
      button: 'Choose a new password',
      notes: [
        'The link works once and ends on {{ expires }}. Only the link in the newest mail works.',
        'Too late? Ask for another link with “Forgot password” on the login page.',
        'If it was not you, ignore this mail. Your password stays as it is.',
      ],
    },
    de: {
      subject: 'Neues Passwort für {{ place }}',
      preview: 'Der Link gilt bis {{ expires }}.',
      heading: 'Wählen Sie ein neues Passwort',
      paragraphs: [
        HELLO.de,
        'Jemand, hoffentlich Sie, möchte das Passwort von <strong>{{ user.email }}</strong> bei {{ place }} ändern. Der nächste Schritt: Öffnen Sie den Link und wählen Sie ein neues.',
      ],
      button: 'Neues Passwort wählen',
      notes: [
        'Der Link funktioniert einmal und endet am {{ expires }}. Nur der Link in der neuesten Mail gilt.',
        'Zu spät? Fordern Sie auf der Anmeldeseite unter „Passwort vergessen“ einen neuen an.',
        'Wenn Sie es nicht waren, ignorieren Sie diese Mail. Ihr Passwort bleibt, wie es ist.',
      ],
    },
  },
  verify_email: {
    en: {
      subject: 'Confirm your e-mail address for {{ place }}',
      preview: 'One click, and the address is confirmed. The link works until {{ expires }}.',
      heading: 'Confirm your e-mail address',
      paragraphs: [
        HELLO.en,
        'Please confirm that <strong>{{ user.email }}</strong> is your address, so that {{ place }} can reach you.',
      ],
      button: 'Confirm the address',
      notes: [
        'The link works once and ends on {{ expires }}.',
        'Too late? “Forgot password” on the login page sends a new link, which confirms the address as well.',
        'If you have no account at {{ place }}, ignore this mail.',
      ],
    },
    de: {
      subject: 'Bestätigen Sie Ihre E-Mail-Adresse für {{ place }}',
      preview: 'Ein Klick, und die Adresse ist bestätigt. Der Link gilt bis {{ expires }}.',
      heading: 'Bestätigen Sie Ihre E-Mail-Adresse',
      paragraphs: [
        HELLO.de,
        'Bitte bestätigen Sie, dass <strong>{{ user.email }}</strong> Ihre Adresse ist, damit {{ place }} Sie erreichen kann.',
      ],
      button: 'Adresse bestätigen',
      notes: [
        'Der Link funktioniert einmal und endet am {{ expires }}.',
        'Zu spät? Mit „Passwort vergessen“ auf der Anmeldeseite bekommen Sie einen neuen Link, der auch die Adresse bestätigt.',
        'Wenn Sie kein Konto bei {{ place }} haben, ignorieren Sie diese Mail.',
      ],
    },
  },
  passwordless_link: {
    en: {
      subject: 'Log in to {{ place }}',
      preview: 'One click and you are in. The link works until {{ expires }}.',
      heading: 'Log in to {{ place }}',
      paragraphs: [HELLO.en, 'With this link you log in as <strong>{{ user.email }}</strong>.'],
      button: 'Log in',
      notes: [
        'The link is for you alone, works once, and ends on {{ expires }}.',
        'If you did not want to log in, ignore this mail. Pass the link on to nobody.',
      ],
    },
    de: {
      subject: 'Anmelden bei {{ place }}',
      preview: 'Ein Klick, und Sie sind angemeldet. Der Link gilt bis {{ expires }}.',
      heading: 'Anmelden bei {{ place }}',
      paragraphs: [
        HELLO.de,
        'Mit diesem Link melden Sie sich als <strong>{{ user.email }}</strong> an.',
      ],
      button: 'Anmelden',
      notes: [
        'Der Link ist nur für Sie, funktioniert einmal und endet am {{ expires }}.',
        'Wenn Sie sich nicht anmelden wollten, ignorieren Sie diese Mail. Geben Sie den Link niemandem weiter.',
      ],
    },
  },
  passwordless_code: {
    en: {
      subject: '{{ code }} is your code for {{ place }}',
      preview: 'The code works until {{ expires }}.',
      heading: 'Your code for {{ place }}',
      paragraphs: [HELLO.en, 'Enter this code to log in: <strong>{{ code }}</strong>'],
      notes: [
        'The code works once, until {{ expires }}.',
        'If you did not want to log in, ignore this mail. Tell the code to nobody.',
      ],
    },
    de: {
      subject: '{{ code }} ist Ihr Code für {{ place }}',
      preview: 'Der Code gilt bis {{ expires }}.',
      heading: 'Ihr Code für {{ place }}',
      paragraphs: [
        HELLO.de,
        'Geben Sie diesen Code ein, um sich anzumelden: <strong>{{ code }}</strong>',
      ],
      notes: [
        'Der Code funktioniert einmal, bis {{ expires }}.',
        'Wenn Sie sich nicht anmelden wollten, ignorieren Sie diese Mail. Sagen Sie den Code niemandem.',
      ],
    },
  },
  welcome_email: {
    en: {
      subject: 'Welcome to {{ place }}',
      preview: 'Your account is ready.',
      heading: 'Welcome to {{ place }}',
      paragraphs: [
        HELLO.en,
        'Your account for <strong>{{ user.email }}</strong> is ready. Sign in with this address and your password.',
      ],
      notes: ['If you did not make this account, choose “Forgot password” on the login page.'],
    },
    de: {
      subject: 'Willkommen bei {{ place }}',
      preview: 'Ihr Konto ist bereit.',
      heading: 'Willkommen bei {{ place }}',
      paragraphs: [
        HELLO.de,
        'Ihr Konto für <strong>{{ user.email }}</strong> ist bereit. Melden Sie sich mit dieser Adresse und Ihrem Passwort an.',
      ],
      notes: [
        'Wenn Sie dieses Konto nicht angelegt haben, wählen Sie „Passwort vergessen“ auf der Anmeldeseite.',
      ],
    },
  },
  import_ended: {
    en: {
      subject:
        '{% if job.status == "failed" %}An import of users failed{% else %}An import of users is done{% endif %}: {{ job.inserted | plus: job.updated }} of {{ job.total }}',
      preview: '{{ job.inserted }} new, {{ job.updated }} updated, {{ job.failed }} refused.',
      heading:
        '{% if job.status == "failed" %}An import failed{% else %}An import is done{% endif %}',
      paragraphs: [
        HELLO.en,
        'The import <strong>{{ job.id }}</strong>{% if job.external_id != blank %} ({{ job.external_id }}){% endif %} into {{ job.connection }} has ended: {{ job.inserted }} new people, {{ job.updated }} updated, {{ job.failed }} rows refused, of {{ job.total }}.{% if job.status_details != blank %} {{ job.status_details }}{% endif %}',
      ],
      notes: [
        '<code>GET /api/v2/jobs/{{ job.id }}/errors</code> says which rows were refused and why.',
        'You get this mail as an administrator. Imports with <code>send_completion_email=false</code> send none.',
      ],
    },
    de: {
      subject:
        '{% if job.status == "failed" %}Ein Import ist fehlgeschlagen{% else %}Ein Import ist fertig{% endif %}: {{ job.inserted | plus: job.updated }} von {{ job.total }}',
      preview: '{{ job.inserted }} neu, {{ job.updated }} geändert, {{ job.failed }} abgelehnt.',
      heading:
        '{% if job.status == "failed" %}Ein Import ist fehlgeschlagen{% else %}Ein Import ist fertig{% endif %}',
      paragraphs: [
        HELLO.de,
        'Der Import <strong>{{ job.id }}</strong>{% if job.external_id != blank %} ({{ job.external_id }}){% endif %} in {{ job.connection }} ist zu Ende: {{ job.inserted }} Personen neu, {{ job.updated }} geändert, {{ job.failed }} Zeilen abgelehnt, von {{ job.total }}.{% if job.status_details != blank %} {{ job.status_details }}{% endif %}',
      ],
      notes: [
        '<code>GET /api/v2/jobs/{{ job.id }}/errors</code> sagt, welche Zeilen abgelehnt wurden und warum.',
        'Sie bekommen diese Mail als Administrator. Importe mit <code>send_completion_email=false</code> senden keine.',
      ],
    },
  },
  blocked_account: {
    en: {
      subject: 'Your account at {{ place }} was blocked',
      preview: 'Too many failed attempts to log in. One click unblocks it.',
      heading: 'Your account was blocked',
      paragraphs: [
        HELLO.en,
        'Somebody tried too often to log in as <strong>{{ user.email }}</strong> with a wrong password{% if user.source_ip != blank %} from {{ user.source_ip }}{% endif %}, so no more attempts are taken from there. If it was you, unblock the account and try again.',
      ],
      button: 'Unblock the account',
      notes: [
        'The link works once and ends on {{ expires }}.',
        'If it was not you, you need not do anything. To be on the safe side, choose a new password with “Forgot password” on the login page.',
      ],
    },
    de: {
      subject: 'Ihr Konto bei {{ place }} wurde gesperrt',
      preview: 'Zu viele Fehlversuche bei der Anmeldung. Ein Klick entsperrt es.',
      heading: 'Ihr Konto wurde gesperrt',
      paragraphs: [
        HELLO.de,
        'Jemand hat zu oft versucht, sich als <strong>{{ user.email }}</strong> mit einem falschen Passwort anzumelden{% if user.source_ip != blank %} (von {{ user.source_ip }}){% endif %}. Von dort werden keine Versuche mehr angenommen. Wenn Sie es waren, entsperren Sie das Konto und versuchen Sie es noch einmal.',
      ],
      button: 'Konto entsperren',
      notes: [
        'Der Link funktioniert einmal und endet am {{ expires }}.',
        'Wenn Sie es nicht waren, ist nichts zu tun; ein neues Passwort, über „Passwort vergessen“ auf der Anmeldeseite, schadet nie.',
      ],
    },
  },
  password_changed: {
    en: {
      subject: 'Your password at {{ place }} was changed',
      preview: 'If it was you, there is nothing to do.',
      heading: 'Your password was changed',
      paragraphs: [
        HELLO.en,
        'The password of <strong>{{ user.email }}</strong> at {{ place }} was changed. If it was you, there is nothing to do.',
      ],
      notes: [
        'If it was not you, choose “Forgot password” on the login page now: the link comes to this address.',
      ],
    },
    de: {
      subject: 'Ihr Passwort bei {{ place }} wurde geändert',
      preview: 'Wenn Sie es waren, ist nichts zu tun.',
      heading: 'Ihr Passwort wurde geändert',
      paragraphs: [
        HELLO.de,
        'Das Passwort von <strong>{{ user.email }}</strong> bei {{ place }} wurde geändert. Wenn Sie es waren, ist nichts zu tun.',
      ],
      notes: [
        'Wenn Sie es nicht waren, wählen Sie jetzt „Passwort vergessen“ auf der Anmeldeseite: Der Link kommt an diese Adresse.',
      ],
    },
  },
};

// Older names of the same mails.
const SYNONYMS: Record<string, string> = {
  change_password: 'reset_email',
  password_reset: 'reset_email',
};

const built = new Map<string, DefaultTemplate>();

/** The names of all built-in mails. */
export function builtInNames(): string[] {
  return Object.keys(TEXTS);
}

function textOf(key: string, language: Language): MailText | undefined {
  if (!Object.hasOwn(TEXTS, key)) return undefined;
  return language === 'fr' ? FRENCH_TEXTS[key] : TEXTS[key]?.[language];
}

/** Returns the built-in mail of a name, or `null` if there is none. */
export function defaultTemplate(name: string, language: Language): DefaultTemplate | null {
  const key = SYNONYMS[name] ?? name;
  const text = textOf(key, language);
  if (text === undefined) return null;
  const cacheKey = `${key} ${language}`;
  const known = built.get(cacheKey);
  if (known) return known;
  const template = { subject: text.subject, body: layoutMail(text, language) };
  built.set(cacheKey, template);
  return template;
}
