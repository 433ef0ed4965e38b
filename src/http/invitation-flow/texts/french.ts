import type { ProblemTexts } from './problem-texts.ts';

export const FRENCH: ProblemTexts = {
  problems: {
    account_blocked: 'Ce compte est bloqué. Contactez les responsables de l’application.',
    account_exists: 'Vous avez déjà un compte. Connectez-vous avec celui-ci.',
    changed: 'Quelque chose a changé entre-temps. Réessayez.',
    code_expired: 'Ce code n’est plus valable. Demandez-en un nouveau.',
    code_not_sent: 'L’e-mail avec le code n’a pas pu être envoyé. Réessayez plus tard.',
    connection_not_offered: 'Vous ne pouvez pas accepter cette invitation de cette façon.',
    invalid_email: 'Saisissez une adresse e-mail valable.',
    invalid_fields: 'Vérifiez les champs indiqués.',
    invalid_phone_number:
      'Saisissez votre numéro de téléphone avec l’indicatif du pays, par exemple +33 1 23 45 67 89.',
    invalid_request: 'La requête n’est pas valide.',
    invitation_accepted: 'Cette invitation est déjà acceptée. Vous pouvez vous connecter.',
    invitation_declined: 'Cette invitation a été refusée.',
    invitation_expired: 'Cette invitation a expiré.',
    invitation_on_hold: 'Cette invitation ne peut pas être acceptée pour le moment.',
    invitation_revoked: 'Cette invitation a été retirée.',
    link_ended: 'Ce lien n’est plus valable. Demandez-en un nouveau.',
    login_denied: 'Vous ne vous êtes pas connecté là-bas. Réessayez ou choisissez un autre moyen.',
    login_failed: 'La connexion là-bas n’a pas fonctionné. Réessayez ou choisissez un autre moyen.',
    login_outdated: 'Ce compte a changé entre-temps. Reconnectez-vous.',
    login_over: 'Cette connexion est terminée. Réessayez.',
    no_way_in:
      'Vous avez un compte, mais votre moyen de connexion ne permet pas d’accepter cette invitation. Demandez à la personne qui vous a invité.',
    origin_not_allowed: 'Cette page n’est pas enregistrée pour l’application.',
    passkey_not_here: 'Les clés d’accès ne fonctionnent pas sur cette page.',
    passkey_refused:
      'La clé d’accès n’a pas pu être créée. Réessayez ou choisissez un autre moyen.',
    passkey_wrong:
      'Cette clé d’accès ne fonctionne pas ici. Réessayez ou choisissez un autre moyen.',
    password_refused: 'Choisissez un autre mot de passe.',
    provider_unavailable:
      'La connexion là-bas n’est pas disponible pour le moment. Réessayez plus tard ou choisissez un autre moyen.',
    return_url_not_allowed: 'Cette page n’est pas enregistrée pour l’application.',
    reset_denied: 'Vous ne pouvez pas changer le mot de passe ici.',
    sign_up_denied: 'Vous ne pouvez pas créer de compte ici.',
    sign_up_disabled: 'Il faut une invitation pour créer un compte ici.',
    sms_not_sent: 'Le SMS n’a pas pu être envoyé. Réessayez plus tard.',
    temporarily_unavailable: 'Le service est occupé. Réessayez dans un instant.',
    too_many_requests: 'Trop de tentatives. Réessayez plus tard.',
    under_way:
      'Vous acceptez déjà cette invitation dans un autre navigateur. Vous pouvez continuer ici à la place.',
    unknown_flow:
      'Cette page a expiré, ou vous avez continué dans un autre navigateur. Ouvrez de nouveau le lien.',
    unknown_link: 'Ce lien n’est pas valable. Ouvrez le lien du courriel le plus récent.',
    wrong_account:
      'Cette invitation est pour une autre adresse. Choisissez le compte avec l’adresse invitée.',
    wrong_code: 'Ce code est incorrect. Réessayez.',
    wrong_password: 'Ce n’est pas le mot de passe de ce compte. Réessayez.',
    wrong_step: 'Cette étape n’est pas possible maintenant.',
  },
  fields: {
    missing: 'Ce champ est obligatoire.',
    unknown: 'Ce champ n’existe pas.',
    type: 'Cette valeur n’a pas la bonne forme.',
    'too-short': 'C’est trop court.',
    'too-long': 'C’est trop long.',
    'too-small': 'Ce nombre est trop petit.',
    'too-large': 'Ce nombre est trop grand.',
    'not-offered': 'Choisissez l’une des valeurs proposées.',
    format: 'Cette valeur n’a pas la bonne forme.',
  },
  passwords: {
    weak: 'Ce mot de passe est trop faible.',
    common: 'Trop de personnes utilisent ce mot de passe. Choisissez-en un autre.',
    known:
      'Ce mot de passe figure dans des fuites de données, les attaquants l’essaient en premier. Choisissez-en un autre.',
    personal: 'Le mot de passe ne doit contenir ni votre nom ni votre adresse e-mail.',
    'too-long': 'Ce mot de passe est trop long.',
    reused: 'Vous avez déjà utilisé ce mot de passe. Choisissez-en un autre.',
  },
};
