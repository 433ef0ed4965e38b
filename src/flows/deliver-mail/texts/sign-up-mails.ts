import { HELLO, type MailText, type SideBySide } from './layout.ts';

const ONWARD = {
  en: 'You can also log in at {{ place }} with your current password.',
  de: 'Sie können sich bei {{ place }} auch mit Ihrem bisherigen Passwort anmelden.',
};

type SignUpMail = 'sign_up_account_exists' | 'sign_up_name_taken';

/** The mails that end a sign-up at a connection that hides who has an account. Only the mailbox learns that the account exists. */
export const SIGN_UP_TEXTS: Record<SignUpMail, Record<SideBySide, MailText>> = {
  sign_up_account_exists: {
    en: {
      subject: 'You already have an account at {{ place }}',
      preview: 'Someone signed up with your address. You already have an account.',
      heading: 'You already have an account',
      paragraphs: [
        HELLO.en,
        'Someone, hopefully you, has just signed up at {{ place }} with <strong>{{ user.email }}</strong>. An account with this address already exists. We did not create another one, and nothing was changed.',
        '{% if url != blank %}If you have forgotten the password, choose a new one.{% else %}Log in as usual.{% endif %}',
      ],
      button: 'Choose a new password',
      notes: [
        '{% if url != blank %}The link works once and expires on {{ expires }}. Only the link in the newest email works. {% endif %}' +
          ONWARD.en,
        'If it was not you, ignore this email.',
      ],
    },
    de: {
      subject: 'Sie haben schon ein Konto bei {{ place }}',
      preview: 'Jemand hat sich mit Ihrer Adresse registriert. Es gibt schon ein Konto.',
      heading: 'Sie haben schon ein Konto',
      paragraphs: [
        HELLO.de,
        'Jemand, hoffentlich Sie, hat sich gerade bei {{ place }} mit <strong>{{ user.email }}</strong> registriert. Zu dieser Adresse gibt es schon ein Konto. Deshalb wurde kein weiteres angelegt und nichts geändert.',
        '{% if url != blank %}Wenn Sie das Passwort vergessen haben, wählen Sie ein neues.{% else %}Melden Sie sich wie gewohnt an.{% endif %}',
      ],
      button: 'Neues Passwort wählen',
      notes: [
        '{% if url != blank %}Der Link funktioniert nur einmal und läuft am {{ expires }} ab. Nur der Link in der neuesten E-Mail funktioniert. {% endif %}' +
          ONWARD.de,
        'Wenn Sie es nicht waren, ignorieren Sie diese E-Mail.',
      ],
    },
  },
  sign_up_name_taken: {
    en: {
      subject: 'Your account at {{ place }} was not created',
      preview: 'The username or phone number is already in use. Sign up again with another one.',
      heading: 'Your account was not created',
      paragraphs: [
        HELLO.en,
        'Someone, hopefully you, has just signed up at {{ place }} with <strong>{{ user.email }}</strong>. The username or the phone number is already in use, so we did not create an account. Sign up again with another one.',
      ],
      notes: ['If it was not you, ignore this email.'],
    },
    de: {
      subject: 'Ihr Konto bei {{ place }} wurde nicht angelegt',
      preview:
        'Der Benutzername oder die Telefonnummer ist vergeben. Registrieren Sie sich mit einem anderen.',
      heading: 'Ihr Konto wurde nicht angelegt',
      paragraphs: [
        HELLO.de,
        'Jemand, hoffentlich Sie, hat sich gerade bei {{ place }} mit <strong>{{ user.email }}</strong> registriert. Der Benutzername oder die Telefonnummer ist schon vergeben. Deshalb wurde kein Konto angelegt. Bitte registrieren Sie sich noch einmal mit einem anderen Namen.',
      ],
      notes: ['Wenn Sie es nicht waren, ignorieren Sie diese E-Mail.'],
    },
  },
};
