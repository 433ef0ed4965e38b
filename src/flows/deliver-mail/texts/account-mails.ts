import { HELLO, type MailText, type SideBySide } from './layout.ts';

type AccountMail =
  | 'reset_email'
  | 'verify_email'
  | 'passwordless_link'
  | 'passwordless_code'
  | 'welcome_email'
  | 'identity_linked'
  | 'passkey_added'
  | 'import_ended'
  | 'blocked_account';

/** The built-in mails about accounts and logins. */
export const ACCOUNT_TEXTS: Record<AccountMail, Record<SideBySide, MailText>> = {
  reset_email: {
    en: {
      subject: 'Choose a new password for {{ place }}',
      preview: 'The link works until {{ expires }}.',
      heading: 'Choose a new password',
      paragraphs: [
        HELLO.en,
        'Someone, hopefully you, asked to change the password of <strong>{{ user.email }}</strong> at {{ place }}. Open the link and choose a new password.',
      ],
      button: 'Choose a new password',
      notes: [
        'The link works once and expires on {{ expires }}. Only the link in the newest email works.',
        'Too late? Ask for another link with “Forgot your password?” on the login page.',
        'If it was not you, ignore this email. Your password does not change.',
      ],
    },
    de: {
      subject: 'Neues Passwort für {{ place }}',
      preview: 'Der Link gilt bis {{ expires }}.',
      heading: 'Wählen Sie ein neues Passwort',
      paragraphs: [
        HELLO.de,
        'Jemand, hoffentlich Sie, möchte das Passwort von <strong>{{ user.email }}</strong> bei {{ place }} ändern. Öffnen Sie den Link und wählen Sie ein neues Passwort.',
      ],
      button: 'Neues Passwort wählen',
      notes: [
        'Der Link funktioniert nur einmal und läuft am {{ expires }} ab. Nur der Link in der neuesten E-Mail funktioniert.',
        'Zu spät? Fordern Sie auf der Anmeldeseite unter „Passwort vergessen?“ einen neuen Link an.',
        'Wenn Sie es nicht waren, ignorieren Sie diese E-Mail. Ihr Passwort ändert sich nicht.',
      ],
    },
  },
  verify_email: {
    en: {
      subject: 'Confirm your email address for {{ place }}',
      preview: 'Confirm the address with one click. The link works until {{ expires }}.',
      heading: 'Confirm your email address',
      paragraphs: [
        HELLO.en,
        'Confirm that <strong>{{ user.email }}</strong> is your address, so that {{ place }} can reach you.',
      ],
      button: 'Confirm the address',
      notes: [
        'The link works once and expires on {{ expires }}.',
        'Too late? Choose “Forgot your password?” on the login page. The new link also confirms the address.',
        'If you have no account at {{ place }}, ignore this email.',
      ],
    },
    de: {
      subject: 'Bestätigen Sie Ihre E-Mail-Adresse für {{ place }}',
      preview: 'Bestätigen Sie die Adresse mit einem Klick. Der Link gilt bis {{ expires }}.',
      heading: 'Bestätigen Sie Ihre E-Mail-Adresse',
      paragraphs: [
        HELLO.de,
        'Bitte bestätigen Sie, dass <strong>{{ user.email }}</strong> Ihre Adresse ist, damit {{ place }} Sie erreichen kann.',
      ],
      button: 'Adresse bestätigen',
      notes: [
        'Der Link funktioniert nur einmal und läuft am {{ expires }} ab.',
        'Zu spät? Mit „Passwort vergessen?“ auf der Anmeldeseite bekommen Sie einen neuen Link, der auch die Adresse bestätigt.',
        'Wenn Sie kein Konto bei {{ place }} haben, ignorieren Sie diese E-Mail.',
      ],
    },
  },
  passwordless_link: {
    en: {
      subject: 'Log in to {{ place }}',
      preview: 'Log in with one click. The link works until {{ expires }}.',
      heading: 'Log in to {{ place }}',
      paragraphs: [HELLO.en, 'With this link you log in as <strong>{{ user.email }}</strong>.'],
      button: 'Log in',
      notes: [
        'The link is only for you. It works once and expires on {{ expires }}.',
        'If you did not want to log in, ignore this email. Do not forward the link.',
      ],
    },
    de: {
      subject: 'Anmelden bei {{ place }}',
      preview: 'Melden Sie sich mit einem Klick an. Der Link gilt bis {{ expires }}.',
      heading: 'Anmelden bei {{ place }}',
      paragraphs: [
        HELLO.de,
        'Mit diesem Link melden Sie sich als <strong>{{ user.email }}</strong> an.',
      ],
      button: 'Anmelden',
      notes: [
        'Der Link ist nur für Sie. Er funktioniert nur einmal und läuft am {{ expires }} ab.',
        'Wenn Sie sich nicht anmelden wollten, ignorieren Sie diese E-Mail. Leiten Sie den Link nicht weiter.',
      ],
    },
  },
  passwordless_code: {
    en: {
      subject: '{{ code }} is your code for {{ place }}',
      preview: 'The code works until {{ expires }}.',
      heading: 'Your code for {{ place }}',
      paragraphs: [
        HELLO.en,
        '{% if accepts == blank %}Enter this code to log in{% else %}Enter this code to accept the invitation{% endif %}: <strong>{{ code }}</strong>',
      ],
      notes: [
        'The code works once, until {{ expires }}.',
        'If you did not want to log in, ignore this email. Do not share the code.',
      ],
    },
    de: {
      subject: '{{ code }} ist Ihr Code für {{ place }}',
      preview: 'Der Code gilt bis {{ expires }}.',
      heading: 'Ihr Code für {{ place }}',
      paragraphs: [
        HELLO.de,
        'Geben Sie diesen Code ein, um {% if accepts == blank %}sich anzumelden{% else %}die Einladung anzunehmen{% endif %}: <strong>{{ code }}</strong>',
      ],
      notes: [
        'Der Code funktioniert nur einmal, bis {{ expires }}.',
        'Wenn Sie sich nicht anmelden wollten, ignorieren Sie diese E-Mail. Geben Sie den Code nicht weiter.',
      ],
    },
  },
  welcome_email: {
    en: {
      subject: 'Welcome to {{ place }}',
      preview: 'You have access with your account.',
      heading: 'Welcome to {{ place }}',
      paragraphs: [
        HELLO.en,
        '{% if inviter.name != blank %}<strong>{{ inviter.name }}</strong> has given you access to {{ place }}.{% else %}You now have access to {{ place }}.{% endif %} Log in with your account for <strong>{{ user.email }}</strong>, as you usually do.',
      ],
      button: 'Continue to {{ place }}',
      notes: ['You have nothing to confirm. If you did not expect this email, you can ignore it.'],
    },
    de: {
      subject: 'Willkommen bei {{ place }}',
      preview: 'Sie haben Zugang mit Ihrem Konto.',
      heading: 'Willkommen bei {{ place }}',
      paragraphs: [
        HELLO.de,
        '{% if inviter.name != blank %}<strong>{{ inviter.name }}</strong> hat Ihnen Zugang zu {{ place }} gegeben.{% else %}Sie haben jetzt Zugang zu {{ place }}.{% endif %} Melden Sie sich wie gewohnt mit Ihrem Konto für <strong>{{ user.email }}</strong> an.',
      ],
      button: 'Weiter zu {{ place }}',
      notes: [
        'Sie müssen nichts bestätigen. Wenn Sie diese E-Mail nicht erwartet haben, können Sie sie ignorieren.',
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
        'The import <strong>{{ job.id }}</strong>{% if job.external_id != blank %} ({{ job.external_id }}){% endif %} into {{ job.connection }} has ended: {{ job.inserted }} new users, {{ job.updated }} updated, {{ job.failed }} rows refused, of {{ job.total }}.{% if job.status_details != blank %} {{ job.status_details }}{% endif %}',
      ],
      notes: [
        '<code>GET /api/v2/jobs/{{ job.id }}/errors</code> lists the refused rows with the reasons.',
        'You get this email because you are an administrator. Imports with <code>send_completion_email=false</code> send no email.',
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
        'Der Import <strong>{{ job.id }}</strong>{% if job.external_id != blank %} ({{ job.external_id }}){% endif %} in {{ job.connection }} ist zu Ende: {{ job.inserted }} neue Benutzer, {{ job.updated }} geändert, {{ job.failed }} Zeilen abgelehnt, von {{ job.total }}.{% if job.status_details != blank %} {{ job.status_details }}{% endif %}',
      ],
      notes: [
        '<code>GET /api/v2/jobs/{{ job.id }}/errors</code> listet die abgelehnten Zeilen mit den Gründen auf.',
        'Sie bekommen diese E-Mail als Administrator. Importe mit <code>send_completion_email=false</code> senden keine E-Mail.',
      ],
    },
  },
  identity_linked: {
    en: {
      subject: 'You can now log in to {{ place }} with {{ provider }}',
      preview: 'A new way to log in was added to your account.',
      heading: 'A new way to log in',
      paragraphs: [
        HELLO.en,
        'An account of <strong>{{ provider }}</strong> was connected with your account for <strong>{{ user.email }}</strong>. You can now log in to {{ place }} with it. The ways that you have used so far still work.',
      ],
      notes: [
        'If it was you, you have nothing to do.',
        'If it was not you, another person can log in to your account. Tell the people who run {{ place }} at once.',
      ],
    },
    de: {
      subject: 'Sie können sich bei {{ place }} jetzt mit {{ provider }} anmelden',
      preview: 'Zu Ihrem Konto ist ein neuer Weg zur Anmeldung hinzugekommen.',
      heading: 'Ein neuer Weg zur Anmeldung',
      paragraphs: [
        HELLO.de,
        'Ein Konto von <strong>{{ provider }}</strong> wurde mit Ihrem Konto für <strong>{{ user.email }}</strong> verbunden. Damit können Sie sich jetzt bei {{ place }} anmelden. Ihre bisherigen Wege zur Anmeldung bleiben.',
      ],
      notes: [
        'Wenn Sie es waren, müssen Sie nichts tun.',
        'Wenn Sie es nicht waren, kann sich jemand anders mit Ihrem Konto anmelden. Sagen Sie es den Betreibern von {{ place }} sofort.',
      ],
    },
  },
  passkey_added: {
    en: {
      subject: 'You can now log in to {{ place }} with a passkey',
      preview: 'A passkey was added to your account.',
      heading: 'A new passkey',
      paragraphs: [
        HELLO.en,
        'A passkey was added to your account for <strong>{{ user.email }}</strong>. You can now log in to {{ place }} with it. The ways that you have used so far still work.',
      ],
      notes: [
        'If it was you, you have nothing to do.',
        'If it was not you, another person can log in to your account. Tell the people who run {{ place }} at once.',
      ],
    },
    de: {
      subject: 'Sie können sich bei {{ place }} jetzt mit einem Passkey anmelden',
      preview: 'Zu Ihrem Konto ist ein Passkey hinzugekommen.',
      heading: 'Ein neuer Passkey',
      paragraphs: [
        HELLO.de,
        'Zu Ihrem Konto für <strong>{{ user.email }}</strong> ist ein Passkey hinzugekommen. Damit können Sie sich jetzt bei {{ place }} anmelden. Ihre bisherigen Wege zur Anmeldung bleiben.',
      ],
      notes: [
        'Wenn Sie es waren, müssen Sie nichts tun.',
        'Wenn Sie es nicht waren, kann sich jemand anders mit Ihrem Konto anmelden. Sagen Sie es den Betreibern von {{ place }} sofort.',
      ],
    },
  },
  blocked_account: {
    en: {
      subject: 'Your account at {{ place }} was blocked',
      preview: 'There were too many failed attempts to log in. Unblock the account with one click.',
      heading: 'Your account was blocked',
      paragraphs: [
        HELLO.en,
        'Someone tried too often to log in as <strong>{{ user.email }}</strong> with a wrong password{% if user.source_ip != blank %} from {{ user.source_ip }}{% endif %}. We blocked further attempts from there. If it was you, unblock the account and try again.',
      ],
      button: 'Unblock the account',
      notes: [
        'The link works once and expires on {{ expires }}.',
        'If it was not you, you do not have to do anything. To be safe, choose a new password with “Forgot your password?” on the login page.',
      ],
    },
    de: {
      subject: 'Ihr Konto bei {{ place }} wurde gesperrt',
      preview:
        'Es gab zu viele Fehlversuche bei der Anmeldung. Entsperren Sie das Konto mit einem Klick.',
      heading: 'Ihr Konto wurde gesperrt',
      paragraphs: [
        HELLO.de,
        'Jemand hat zu oft versucht, sich als <strong>{{ user.email }}</strong> mit einem falschen Passwort anzumelden{% if user.source_ip != blank %} (von {{ user.source_ip }}){% endif %}. Wir haben weitere Versuche von dort gesperrt. Wenn Sie es waren, entsperren Sie das Konto und versuchen Sie es noch einmal.',
      ],
      button: 'Konto entsperren',
      notes: [
        'Der Link funktioniert nur einmal und läuft am {{ expires }} ab.',
        'Wenn Sie es nicht waren, müssen Sie nichts tun. Wählen Sie sicherheitshalber über „Passwort vergessen?“ auf der Anmeldeseite ein neues Passwort.',
      ],
    },
  },
};
