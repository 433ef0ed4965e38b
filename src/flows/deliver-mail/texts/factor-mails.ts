import type { MailText, SideBySide } from './layout.ts';

type FactorMail = 'mfa_oob_code' | 'enrollment_email';

/** The built-in mails about a second factor. */
export const FACTOR_TEXTS: Record<FactorMail, Record<SideBySide, MailText>> = {
  mfa_oob_code: {
    en: {
      subject: '{{ code }} is your code for {{ place }}',
      preview: 'Enter it where {{ place }} asked for it. It works for five minutes.',
      heading: 'Your code: {{ code }}',
      paragraphs: ['Enter this code where {{ place }} asked for it. It works for five minutes.'],
      notes: [
        'Do not share it with anyone. If you are not logging in right now, someone knows your password. Change it.',
      ],
    },
    de: {
      subject: '{{ code }} ist Ihr Code für {{ place }}',
      preview: 'Geben Sie ihn dort ein, wo {{ place }} danach fragt. Er gilt fünf Minuten.',
      heading: 'Ihr Code: {{ code }}',
      paragraphs: [
        'Geben Sie diesen Code dort ein, wo {{ place }} danach fragt. Er gilt fünf Minuten.',
      ],
      notes: [
        'Geben Sie ihn niemandem. Wenn Sie sich nicht gerade anmelden, kennt jemand Ihr Passwort. Ändern Sie es.',
      ],
    },
  },
  enrollment_email: {
    en: {
      subject: 'Protect your account at {{ place }}',
      preview: 'Add a second step to your login. The link works until {{ expires }}.',
      heading: 'Add a second step to your login',
      paragraphs: [
        'With a second step, the password alone is not enough to log in to your account <strong>{{ user.email }}</strong>. Open the link and follow the instructions.',
      ],
      button: 'Add a second step',
      notes: ['The link is only for you. It works once and expires on {{ expires }}.'],
    },
    de: {
      subject: 'Schützen Sie Ihr Konto bei {{ place }}',
      preview:
        'Fügen Sie Ihrer Anmeldung einen zweiten Schritt hinzu. Der Link gilt bis {{ expires }}.',
      heading: 'Ein zweiter Schritt für Ihre Anmeldung',
      paragraphs: [
        'Mit einem zweiten Schritt genügt das Passwort allein nicht, um sich bei Ihrem Konto <strong>{{ user.email }}</strong> anzumelden. Öffnen Sie den Link und folgen Sie den Anweisungen.',
      ],
      button: 'Zweiten Schritt einrichten',
      notes: [
        'Der Link ist nur für Sie. Er funktioniert nur einmal und läuft am {{ expires }} ab.',
      ],
    },
  },
};
