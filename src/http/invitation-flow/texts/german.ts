import type { ProblemTexts } from './problem-texts.ts';

export const GERMAN: ProblemTexts = {
  problems: {
    account_blocked: 'Dieses Konto ist gesperrt. Wenden Sie sich an die Betreiber der Anwendung.',
    account_exists: 'Sie haben bereits ein Konto. Melden Sie sich damit an.',
    changed: 'Inzwischen hat sich etwas geändert. Versuchen Sie es noch einmal.',
    code_expired: 'Dieser Code gilt nicht mehr. Fordern Sie einen neuen an.',
    code_not_sent:
      'Die E-Mail mit dem Code konnte nicht gesendet werden. Versuchen Sie es später erneut.',
    connection_not_offered: 'Auf diesem Weg können Sie diese Einladung nicht annehmen.',
    invalid_email: 'Geben Sie eine gültige E-Mail-Adresse ein.',
    invalid_fields: 'Prüfen Sie die markierten Felder.',
    invalid_phone_number:
      'Geben Sie Ihre Telefonnummer mit Landesvorwahl ein, zum Beispiel +49 30 123456.',
    invalid_request: 'Die Anfrage ist ungültig.',
    invitation_accepted: 'Diese Einladung ist bereits angenommen. Sie können sich anmelden.',
    invitation_declined: 'Diese Einladung wurde abgelehnt.',
    invitation_expired: 'Diese Einladung ist abgelaufen.',
    invitation_on_hold: 'Diese Einladung kann gerade nicht angenommen werden.',
    invitation_revoked: 'Diese Einladung wurde zurückgezogen.',
    link_ended: 'Dieser Link gilt nicht mehr. Fordern Sie einen neuen an.',
    login_denied:
      'Sie haben sich dort nicht angemeldet. Versuchen Sie es erneut, oder wählen Sie einen anderen Weg.',
    login_failed:
      'Die Anmeldung dort hat nicht geklappt. Versuchen Sie es erneut, oder wählen Sie einen anderen Weg.',
    login_outdated: 'An diesem Konto hat sich etwas geändert. Melden Sie sich erneut an.',
    login_over: 'Diese Anmeldung ist beendet. Versuchen Sie es erneut.',
    no_way_in:
      'Sie haben ein Konto, können diese Einladung aber nicht mit Ihrer Art der Anmeldung annehmen. Fragen Sie, wer Sie eingeladen hat.',
    origin_not_allowed: 'Diese Seite ist für die Anwendung nicht registriert.',
    passkey_not_here: 'Passkeys funktionieren auf dieser Seite nicht.',
    passkey_refused:
      'Der Passkey konnte nicht erstellt werden. Versuchen Sie es erneut, oder wählen Sie einen anderen Weg.',
    passkey_wrong:
      'Dieser Passkey funktioniert hier nicht. Versuchen Sie es erneut, oder wählen Sie einen anderen Weg.',
    password_refused: 'Wählen Sie ein anderes Passwort.',
    provider_unavailable:
      'Die Anmeldung dort ist gerade nicht möglich. Versuchen Sie es später erneut, oder wählen Sie einen anderen Weg.',
    return_url_not_allowed: 'Diese Seite ist für die Anwendung nicht registriert.',
    reset_denied: 'Sie können das Passwort hier nicht ändern.',
    sign_up_denied: 'Sie können hier kein Konto anlegen.',
    sign_up_disabled: 'Hier brauchen Sie eine Einladung, um ein Konto anzulegen.',
    sms_not_sent: 'Die SMS konnte nicht gesendet werden. Versuchen Sie es später noch einmal.',
    temporarily_unavailable: 'Der Dienst ist ausgelastet. Versuchen Sie es gleich noch einmal.',
    too_many_requests: 'Zu viele Versuche. Versuchen Sie es später noch einmal.',
    under_way:
      'Sie nehmen diese Einladung gerade in einem anderen Browser an. Sie können stattdessen hier weitermachen.',
    unknown_flow:
      'Diese Seite ist abgelaufen, oder Sie haben in einem anderen Browser weitergemacht. Öffnen Sie den Link noch einmal.',
    unknown_link: 'Dieser Link ist ungültig. Öffnen Sie den Link in der neuesten E-Mail.',
    wrong_account:
      'Diese Einladung gilt für eine andere Adresse. Wählen Sie das Konto mit der eingeladenen Adresse.',
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
