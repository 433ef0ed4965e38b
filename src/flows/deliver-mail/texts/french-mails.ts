import type { BuiltInMail } from '../mail-values.ts';
import { HELLO, type MailText } from './layout.ts';

const PLACE_OR_INVITER =
  '{% if inviter.name != blank %}{{ inviter.name }} vous a invité(e) à rejoindre {% if organization.display_name != blank %}{{ organization.display_name }} sur {% endif %}{{ place }}.{% else %}Vous avez été invité(e) à rejoindre {% if organization.display_name != blank %}{{ organization.display_name }} sur {% endif %}{{ place }}.{% endif %}';
const ONCE =
  'Le lien vous est strictement personnel, ne fonctionne qu’une fois et expire le {{ expires }}.';
const NOT_EXPECTED =
  'Si vous n’attendiez pas cette invitation, ignorez cet e-mail. Rien ne se passe si vous n’acceptez pas.';

/** The built-in mails in French, by name. */
export const FRENCH_TEXTS: Record<BuiltInMail, MailText> = {
  user_invitation: {
    subject:
      '{% if inviter.name != blank %}{{ inviter.name }} vous invite à rejoindre {% if organization.display_name != blank %}{{ organization.display_name }} sur {% endif %}{{ place }}{% else %}Votre invitation à rejoindre {% if organization.display_name != blank %}{{ organization.display_name }} sur {% endif %}{{ place }}{% endif %}',
    preview:
      'Acceptez l’invitation pour nous rejoindre. Le lien est valable jusqu’au {{ expires }}.',
    heading:
      'Vous êtes invité(e) à rejoindre {% if organization.display_name != blank %}{{ organization.display_name }} sur {% endif %}{{ place }}',
    paragraphs: [
      HELLO.fr,
      `${PLACE_OR_INVITER} Votre compte <strong>{{ user.email }}</strong> est prêt. Acceptez l’invitation. Si vous vous êtes déjà connecté(e) avec ce compte, connectez-vous comme d’habitude. Sinon, choisissez un mot de passe ou un autre moyen que la page propose.`,
    ],
    button: 'Accepter l’invitation',
    notes: [
      ONCE,
      'Le lien a expiré ? Ouvrez-le et choisissez « Envoyez-moi un nouveau lien ». Nous l’enverrons à cette adresse.',
      NOT_EXPECTED,
    ],
  },
  organization_invitation: {
    subject: '{{ inviter.name }} vous invite à rejoindre {{ organization.display_name }}',
    preview:
      'Acceptez l’invitation pour nous rejoindre. Le lien est valable jusqu’au {{ expires }}.',
    heading: 'Vous êtes invité(e) à rejoindre {{ organization.display_name }}',
    paragraphs: [
      HELLO.fr,
      '{{ inviter.name }} a invité <strong>{{ user.email }}</strong> à rejoindre {{ organization.display_name }} sur {{ place }}. Acceptez l’invitation avec votre compte, ou créez-en un.',
    ],
    button: 'Accepter l’invitation',
    notes: [
      ONCE,
      'Trop tard ? Demandez une nouvelle invitation à {{ inviter.name }}.',
      NOT_EXPECTED,
    ],
  },
  reset_email: {
    subject: 'Choisissez un nouveau mot de passe pour {{ place }}',
    preview: 'Le lien est valable jusqu’au {{ expires }}.',
    heading: 'Choisissez un nouveau mot de passe',
    paragraphs: [
      HELLO.fr,
      'Quelqu’un, vous sans doute, a demandé à changer le mot de passe de <strong>{{ user.email }}</strong> sur {{ place }}. Ouvrez le lien et choisissez-en un nouveau.',
    ],
    button: 'Choisir un nouveau mot de passe',
    notes: [
      'Le lien ne fonctionne qu’une fois et expire le {{ expires }}. Seul le lien du message le plus récent fonctionne.',
      'Trop tard ? Demandez un autre lien avec « Mot de passe oublié ? » sur la page de connexion.',
      'Si ce n’était pas vous, ignorez cet e-mail. Votre mot de passe reste inchangé.',
    ],
  },
  verify_email: {
    subject: 'Confirmez votre adresse e-mail pour {{ place }}',
    preview: 'Confirmez l’adresse d’un clic. Le lien est valable jusqu’au {{ expires }}.',
    heading: 'Confirmez votre adresse e-mail',
    paragraphs: [
      HELLO.fr,
      'Veuillez confirmer que <strong>{{ user.email }}</strong> est bien votre adresse, afin que {{ place }} puisse vous joindre.',
    ],
    button: 'Confirmer l’adresse',
    notes: [
      'Le lien ne fonctionne qu’une fois et expire le {{ expires }}.',
      'Trop tard ? « Mot de passe oublié ? » sur la page de connexion vous envoie un nouveau lien, qui confirme aussi l’adresse.',
      'Si vous n’avez pas de compte sur {{ place }}, ignorez cet e-mail.',
    ],
  },
  passwordless_link: {
    subject: 'Connexion à {{ place }}',
    preview: 'Connectez-vous d’un clic. Le lien est valable jusqu’au {{ expires }}.',
    heading: 'Connexion à {{ place }}',
    paragraphs: [HELLO.fr, 'Ce lien vous connecte en tant que <strong>{{ user.email }}</strong>.'],
    button: 'Se connecter',
    notes: [
      ONCE,
      'Si vous ne souhaitiez pas vous connecter, ignorez cet e-mail. Ne transmettez le lien à personne.',
    ],
  },
  passwordless_code: {
    subject: '{{ code }} est votre code pour {{ place }}',
    preview: 'Le code est valable jusqu’au {{ expires }}.',
    heading: 'Votre code pour {{ place }}',
    paragraphs: [
      HELLO.fr,
      'Saisissez ce code pour {% if accepts == blank %}vous connecter{% else %}accepter l’invitation{% endif %} : <strong>{{ code }}</strong>',
    ],
    notes: [
      'Le code ne fonctionne qu’une fois, jusqu’au {{ expires }}.',
      'Si vous ne souhaitiez pas vous connecter, ignorez cet e-mail. Ne donnez le code à personne.',
    ],
  },
  welcome_email: {
    subject: 'Bienvenue sur {{ place }}',
    preview: 'Vous avez accès avec votre compte.',
    heading: 'Bienvenue sur {{ place }}',
    paragraphs: [
      HELLO.fr,
      '{% if inviter.name != blank %}<strong>{{ inviter.name }}</strong> vous a donné accès à {{ place }}.{% else %}Vous avez maintenant accès à {{ place }}.{% endif %} Connectez-vous comme d’habitude avec votre compte <strong>{{ user.email }}</strong>.',
    ],
    button: 'Continuer vers {{ place }}',
    notes: [
      'Vous n’avez rien à confirmer. Si vous n’attendiez pas cet e-mail, vous pouvez l’ignorer.',
    ],
  },
  import_ended: {
    subject:
      '{% if job.status == "failed" %}Une importation d’utilisateurs a échoué{% else %}Une importation d’utilisateurs est terminée{% endif %} : {{ job.inserted | plus: job.updated }} sur {{ job.total }}',
    preview:
      'Nouveaux : {{ job.inserted }}, mis à jour : {{ job.updated }}, refusés : {{ job.failed }}.',
    heading:
      '{% if job.status == "failed" %}Une importation a échoué{% else %}Une importation est terminée{% endif %}',
    paragraphs: [
      HELLO.fr,
      'L’importation <strong>{{ job.id }}</strong>{% if job.external_id != blank %} ({{ job.external_id }}){% endif %} dans {{ job.connection }} est terminée. Nouveaux utilisateurs : {{ job.inserted }} ; mises à jour : {{ job.updated }} ; lignes refusées : {{ job.failed }} ; total : {{ job.total }}.{% if job.status_details != blank %} {{ job.status_details }}{% endif %}',
    ],
    notes: [
      '<code>GET /api/v2/jobs/{{ job.id }}/errors</code> indique quelles lignes ont été refusées et pourquoi.',
      'Vous recevez cet e-mail en tant qu’administrateur. Les importations avec <code>send_completion_email=false</code> n’en envoient pas.',
    ],
  },
  identity_linked: {
    subject: 'Vous pouvez maintenant vous connecter à {{ place }} avec {{ provider }}',
    preview: 'Un nouveau moyen de connexion a été ajouté à votre compte.',
    heading: 'Un nouveau moyen de connexion',
    paragraphs: [
      HELLO.fr,
      'Un compte de <strong>{{ provider }}</strong> a été associé à votre compte <strong>{{ user.email }}</strong>. Vous pouvez maintenant vous connecter à {{ place }} avec lui. Vos moyens de connexion actuels fonctionnent toujours.',
    ],
    notes: [
      'Si c’était vous, vous n’avez rien à faire.',
      'Si ce n’était pas vous, quelqu’un d’autre peut se connecter à votre compte. Prévenez sans attendre les responsables de {{ place }}.',
    ],
  },
  passkey_added: {
    subject: 'Vous pouvez maintenant vous connecter à {{ place }} avec une clé d’accès',
    preview: 'Une clé d’accès a été ajoutée à votre compte.',
    heading: 'Une nouvelle clé d’accès',
    paragraphs: [
      HELLO.fr,
      'Une clé d’accès a été ajoutée à votre compte <strong>{{ user.email }}</strong>. Vous pouvez maintenant vous connecter à {{ place }} avec elle. Vos moyens de connexion actuels fonctionnent toujours.',
    ],
    notes: [
      'Si c’était vous, vous n’avez rien à faire.',
      'Si ce n’était pas vous, quelqu’un d’autre peut se connecter à votre compte. Prévenez sans attendre les responsables de {{ place }}.',
    ],
  },
  blocked_account: {
    subject: 'Votre compte sur {{ place }} a été bloqué',
    preview: 'Trop de tentatives de connexion ont échoué. Débloquez le compte d’un clic.',
    heading: 'Votre compte a été bloqué',
    paragraphs: [
      HELLO.fr,
      'Quelqu’un a essayé trop souvent de se connecter en tant que <strong>{{ user.email }}</strong> avec un mot de passe incorrect{% if user.source_ip != blank %} depuis {{ user.source_ip }}{% endif %}. Nous avons bloqué les tentatives suivantes qui viennent de là. Si c’était vous, débloquez le compte et réessayez.',
    ],
    button: 'Débloquer le compte',
    notes: [
      'Le lien ne fonctionne qu’une fois et expire le {{ expires }}.',
      'Si ce n’était pas vous, vous n’avez rien à faire. Par prudence, choisissez un nouveau mot de passe avec « Mot de passe oublié ? » sur la page de connexion.',
    ],
  },
  mfa_oob_code: {
    subject: '{{ code }} est votre code pour {{ place }}',
    preview: 'Saisissez-le là où {{ place }} vous l’a demandé. Il est valable cinq minutes.',
    heading: 'Votre code : {{ code }}',
    paragraphs: ['Saisissez ce code là où {{ place }} le demande. Il est valable cinq minutes.'],
    notes: [
      'Ne le donnez à personne. Si vous n’êtes pas en train de vous connecter, quelqu’un connaît votre mot de passe. Changez-le.',
    ],
  },
  enrollment_email: {
    subject: 'Protégez votre compte sur {{ place }}',
    preview:
      'Ajoutez une seconde étape à votre connexion. Le lien est valable jusqu’au {{ expires }}.',
    heading: 'Ajoutez une seconde étape à votre connexion',
    paragraphs: [
      'Avec une seconde étape, le mot de passe seul ne suffit pas pour accéder à votre compte <strong>{{ user.email }}</strong>. Ouvrez le lien et suivez les instructions.',
    ],
    button: 'Ajouter une seconde étape',
    notes: [ONCE],
  },
  sign_up_account_exists: {
    subject: 'Vous avez déjà un compte sur {{ place }}',
    preview: 'Quelqu’un s’est inscrit avec votre adresse. Il existe déjà un compte.',
    heading: 'Vous avez déjà un compte',
    paragraphs: [
      HELLO.fr,
      'Quelqu’un, vous sans doute, vient de s’inscrire sur {{ place }} avec <strong>{{ user.email }}</strong>. Il existe déjà un compte avec cette adresse ; aucun autre n’a donc été créé et rien n’a été modifié.',
      '{% if url != blank %}Si vous avez oublié le mot de passe, choisissez-en un nouveau.{% else %}Connectez-vous comme d’habitude.{% endif %}',
    ],
    button: 'Choisir un nouveau mot de passe',
    notes: [
      '{% if url != blank %}Le lien ne fonctionne qu’une fois et expire le {{ expires }}. Seul le lien du message le plus récent fonctionne. {% endif %}Vous pouvez aussi vous connecter à {{ place }} avec votre mot de passe actuel.',
      'Si ce n’était pas vous, ignorez cet e-mail.',
    ],
  },
  sign_up_name_taken: {
    subject: 'Votre compte sur {{ place }} n’a pas été créé',
    preview:
      'Le nom d’utilisateur ou le numéro de téléphone est déjà pris. Inscrivez-vous avec un autre.',
    heading: 'Votre compte n’a pas été créé',
    paragraphs: [
      HELLO.fr,
      'Quelqu’un, vous sans doute, vient de s’inscrire sur {{ place }} avec <strong>{{ user.email }}</strong>. Le nom d’utilisateur ou le numéro de téléphone est déjà utilisé ; aucun compte n’a donc été créé. Veuillez vous inscrire de nouveau avec un autre.',
    ],
    notes: ['Si ce n’était pas vous, ignorez cet e-mail.'],
  },
};
