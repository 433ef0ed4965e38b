import { HELLO, type MailText, type SideBySide } from './layout.ts';

type InvitationMail = 'user_invitation' | 'organization_invitation';

/** The built-in mails that invite people. */
export const INVITATION_TEXTS: Record<InvitationMail, Record<SideBySide, MailText>> = {
  user_invitation: {
    en: {
      subject:
        '{% if inviter.name != blank %}{{ inviter.name }} invites you to {% if organization.display_name != blank %}{{ organization.display_name }} at {% endif %}{{ place }}{% else %}Your invitation to {% if organization.display_name != blank %}{{ organization.display_name }} at {% endif %}{{ place }}{% endif %}',
      preview: 'Accept the invitation to join. The link works until {{ expires }}.',
      heading:
        'You are invited to {% if organization.display_name != blank %}{{ organization.display_name }} at {% endif %}{{ place }}',
      paragraphs: [
        HELLO.en,
        '{% if inviter.name != blank %}{{ inviter.name }} has invited you to {% if organization.display_name != blank %}{{ organization.display_name }} at {% endif %}{{ place }}.{% else %}You have been invited to {% if organization.display_name != blank %}{{ organization.display_name }} at {% endif %}{{ place }}.{% endif %} Your account for <strong>{{ user.email }}</strong> is ready. Accept the invitation. If you have logged in with it before, log in as usual. If not, choose a password or another way that the page offers.',
      ],
      button: 'Accept the invitation',
      notes: [
        'The link is only for you. It works once and expires on {{ expires }}.',
        'Link expired? Open it and choose “Send me a new link”. We send it to this address.',
        'If you did not expect this invitation, ignore this email. Nothing happens unless you accept.',
      ],
    },
    de: {
      subject:
        '{% if inviter.name != blank %}{{ inviter.name }} lädt Sie zu {% if organization.display_name != blank %}{{ organization.display_name }} bei {% endif %}{{ place }} ein{% else %}Ihre Einladung zu {% if organization.display_name != blank %}{{ organization.display_name }} bei {% endif %}{{ place }}{% endif %}',
      preview: 'Nehmen Sie die Einladung an, um beizutreten. Der Link gilt bis {{ expires }}.',
      heading:
        'Sie sind zu {% if organization.display_name != blank %}{{ organization.display_name }} bei {% endif %}{{ place }} eingeladen',
      paragraphs: [
        HELLO.de,
        '{% if inviter.name != blank %}{{ inviter.name }} hat Sie zu {% if organization.display_name != blank %}{{ organization.display_name }} bei {% endif %}{{ place }} eingeladen.{% else %}Sie wurden zu {% if organization.display_name != blank %}{{ organization.display_name }} bei {% endif %}{{ place }} eingeladen.{% endif %} Ihr Konto für <strong>{{ user.email }}</strong> ist bereit. Nehmen Sie die Einladung an. Wenn Sie sich damit schon einmal angemeldet haben, melden Sie sich an wie immer. Wenn nicht, wählen Sie ein Passwort oder einen anderen Weg, den die Seite anbietet.',
      ],
      button: 'Einladung annehmen',
      notes: [
        'Der Link ist nur für Sie. Er funktioniert nur einmal und läuft am {{ expires }} ab.',
        'Ist der Link abgelaufen? Öffnen Sie ihn und wählen Sie „Neuen Link senden“. Wir senden ihn an diese Adresse.',
        'Wenn Sie diese Einladung nicht erwartet haben, ignorieren Sie diese E-Mail. Es geschieht nichts, wenn Sie nicht annehmen.',
      ],
    },
  },
  organization_invitation: {
    en: {
      subject: '{{ inviter.name }} invites you to {{ organization.display_name }}',
      preview: 'Accept the invitation to join. The link works until {{ expires }}.',
      heading: 'You are invited to {{ organization.display_name }}',
      paragraphs: [
        HELLO.en,
        '{{ inviter.name }} has invited <strong>{{ user.email }}</strong> to {{ organization.display_name }} at {{ place }}. Accept the invitation with your account, or create one.',
      ],
      button: 'Accept the invitation',
      notes: [
        'The link is only for you. It works once and expires on {{ expires }}.',
        'Too late? Ask {{ inviter.name }} for another invitation.',
        'If you did not expect this invitation, ignore this email. Nothing happens unless you accept.',
      ],
    },
    de: {
      subject: '{{ inviter.name }} lädt Sie zu {{ organization.display_name }} ein',
      preview: 'Nehmen Sie die Einladung an, um beizutreten. Der Link gilt bis {{ expires }}.',
      heading: 'Sie sind zu {{ organization.display_name }} eingeladen',
      paragraphs: [
        HELLO.de,
        '{{ inviter.name }} hat <strong>{{ user.email }}</strong> zu {{ organization.display_name }} bei {{ place }} eingeladen. Nehmen Sie die Einladung mit Ihrem Konto an, oder legen Sie eines an.',
      ],
      button: 'Einladung annehmen',
      notes: [
        'Der Link ist nur für Sie. Er funktioniert nur einmal und läuft am {{ expires }} ab.',
        'Zu spät? Bitten Sie {{ inviter.name }} um eine neue Einladung.',
        'Wenn Sie diese Einladung nicht erwartet haben, ignorieren Sie diese E-Mail. Es geschieht nichts, wenn Sie nicht annehmen.',
      ],
    },
  },
};
