import type { Language } from '../../platform/locales/locales.ts';
import type { FieldProblem } from '../../platform/profile-schema/profile-schema.ts';
import type { RefusedPassword } from '../../steps/choose-password/choose-password.ts';
import type { FlowProblemCode } from './problem-codes.ts';

type Texts = {
  problems: Record<FlowProblemCode, string>;
  fields: Record<FieldProblem['why'], string>;
  passwords: Record<RefusedPassword['kind'], string>;
};

const ENGLISH: Texts = {
  problems: {
    account_blocked: 'This account is blocked. Contact the people who run the application.',
    changed: 'Something has changed in the meantime. Try again.',
    code_expired: 'This code is no longer valid. Request a new one.',
    invalid_fields: 'Check the marked fields.',
    invalid_phone_number: 'Enter your phone number with its country code, such as +1 555 0100.',
    invalid_request: 'The request is not valid.',
    invitation_accepted: 'This invitation is accepted already. You can log in.',
    invitation_declined: 'This invitation was declined.',
    invitation_expired: 'This invitation has expired.',
    invitation_on_hold: 'This invitation can’t be accepted right now.',
    invitation_revoked: 'This invitation was withdrawn.',
    origin_not_allowed: 'This page is not registered for the application.',
    password_refused: 'Choose another password.',
    sms_not_sent: 'The text message could not be sent. Try again later.',
    temporarily_unavailable: 'The service is busy. Try again in a moment.',
    too_many_requests: 'Too many attempts. Try again later.',
    under_way:
      'You have started to accept this invitation in another browser. You can continue here instead.',
    unknown_flow:
      'This page has expired, or you have continued in another browser. Open the link again.',
    unknown_link: 'This link is not valid. Open the link in the newest email.',
    wrong_code: 'This code is wrong. Try again.',
    wrong_password: 'That is not the password of this account. Try again.',
    wrong_step: 'This step is not possible now.',
  },
  fields: {
    missing: 'This field is required.',
    unknown: 'There is no such field.',
    type: 'This value has the wrong form.',
    'too-short': 'This is too short.',
    'too-long': 'This is too long.',
    'too-small': 'This number is too small.',
    'too-large': 'This number is too large.',
    'not-offered': 'Choose one of the offered values.',
    format: 'This value has the wrong form.',
  },
  passwords: {
    weak: 'This password is too weak.',
    common: 'Too many people use this password. Choose another one.',
    known: 'This password appears in data leaks, so attackers try it first. Choose another one.',
    personal: 'The password must not contain your name or email address.',
    'too-long': 'This password is too long.',
    reused: 'You have used this password before. Choose another one.',
  },
};

const GERMAN: Texts = {
  problems: {
    account_blocked: 'Dieses Konto ist gesperrt. Wenden Sie sich an die Betreiber der Anwendung.',
    changed: 'Inzwischen hat sich etwas geändert. Versuchen Sie es noch einmal.',
    code_expired: 'Dieser Code gilt nicht mehr. Fordern Sie einen neuen an.',
    invalid_fields: 'Prüfen Sie die markierten Felder.',
    invalid_phone_number:
      'Geben Sie Ihre Telefonnummer mit Landesvorwahl ein, zum Beispiel +49 30 123456.',
    invalid_request: 'Die Anfrage ist ungültig.',
    invitation_accepted: 'Diese Einladung ist bereits angenommen. Sie können sich anmelden.',
    invitation_declined: 'Diese Einladung wurde abgelehnt.',
    invitation_expired: 'Diese Einladung ist abgelaufen.',
    invitation_on_hold: 'Diese Einladung kann gerade nicht angenommen werden.',
    invitation_revoked: 'Diese Einladung wurde zurückgezogen.',
    origin_not_allowed: 'Diese Seite ist für die Anwendung nicht registriert.',
    password_refused: 'Wählen Sie ein anderes Passwort.',
    sms_not_sent: 'Die SMS konnte nicht gesendet werden. Versuchen Sie es später noch einmal.',
    temporarily_unavailable: 'Der Dienst ist ausgelastet. Versuchen Sie es gleich noch einmal.',
    too_many_requests: 'Zu viele Versuche. Versuchen Sie es später noch einmal.',
    under_way:
      'Sie nehmen diese Einladung gerade in einem anderen Browser an. Sie können stattdessen hier weitermachen.',
    unknown_flow:
      'Diese Seite ist abgelaufen, oder Sie haben in einem anderen Browser weitergemacht. Öffnen Sie den Link noch einmal.',
    unknown_link: 'Dieser Link ist ungültig. Öffnen Sie den Link in der neuesten E-Mail.',
    wrong_code: 'Dieser Code ist falsch. Versuchen Sie es noch einmal.',
    wrong_password: 'Das ist nicht das Passwort dieses Kontos. Versuchen Sie es noch einmal.',
    wrong_step: 'Dieser Schritt ist jetzt nicht möglich.',
  },
  fields: {
    missing: 'Dieses Feld ist erforderlich.',
    unknown: 'Dieses Feld gibt es nicht.',
    type: 'Dieser Wert hat die falsche Form.',
    'too-short': 'Das ist zu kurz.',
    'too-long': 'Das ist zu lang.',
    'too-small': 'Diese Zahl ist zu klein.',
    'too-large': 'Diese Zahl ist zu groß.',
    'not-offered': 'Wählen Sie einen der angebotenen Werte.',
    format: 'Dieser Wert hat die falsche Form.',
  },
  passwords: {
    weak: 'Dieses Passwort ist zu schwach.',
    common: 'Zu viele Menschen verwenden dieses Passwort. Wählen Sie ein anderes.',
    known:
      'Dieses Passwort steht in Datenlecks, Angreifer probieren es zuerst. Wählen Sie ein anderes.',
    personal: 'Das Passwort darf weder Ihren Namen noch Ihre E-Mail-Adresse enthalten.',
    'too-long': 'Dieses Passwort ist zu lang.',
    reused: 'Dieses Passwort haben Sie schon verwendet. Wählen Sie ein anderes.',
  },
};

const FRENCH: Texts = {
  problems: {
    account_blocked: 'Ce compte est bloqué. Contactez les responsables de l’application.',
    changed: 'Quelque chose a changé entre-temps. Réessayez.',
    code_expired: 'Ce code n’est plus valable. Demandez-en un nouveau.',
    invalid_fields: 'Vérifiez les champs indiqués.',
    invalid_phone_number:
      'Saisissez votre numéro de téléphone avec l’indicatif du pays, par exemple +33 1 23 45 67 89.',
    invalid_request: 'La requête n’est pas valide.',
    invitation_accepted: 'Cette invitation est déjà acceptée. Vous pouvez vous connecter.',
    invitation_declined: 'Cette invitation a été refusée.',
    invitation_expired: 'Cette invitation a expiré.',
    invitation_on_hold: 'Cette invitation ne peut pas être acceptée pour le moment.',
    invitation_revoked: 'Cette invitation a été retirée.',
    origin_not_allowed: 'Cette page n’est pas enregistrée pour l’application.',
    password_refused: 'Choisissez un autre mot de passe.',
    sms_not_sent: 'Le SMS n’a pas pu être envoyé. Réessayez plus tard.',
    temporarily_unavailable: 'Le service est occupé. Réessayez dans un instant.',
    too_many_requests: 'Trop de tentatives. Réessayez plus tard.',
    under_way:
      'Vous acceptez déjà cette invitation dans un autre navigateur. Vous pouvez continuer ici à la place.',
    unknown_flow:
      'Cette page a expiré, ou vous avez continué dans un autre navigateur. Ouvrez de nouveau le lien.',
    unknown_link: 'Ce lien n’est pas valable. Ouvrez le lien du courriel le plus récent.',
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

/** What a page shows to the person, by language. */
export const PROBLEM_TEXTS: Record<Language, Texts> = { en: ENGLISH, de: GERMAN, fr: FRENCH };
