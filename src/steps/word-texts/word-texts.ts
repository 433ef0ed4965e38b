import { renderTemplateBounded } from '../../platform/bounded-rendering/bounded-rendering.ts';
import type { Language } from '../../platform/locales/locales.ts';
import type { Audit } from '../../records/logs/logs.ts';

/** `verification`: for the second factor. `enrollment`: to prove a phone number. `login`: instead of a password. */
export type Occasion = 'verification' | 'enrollment' | 'login';

const CODE: Record<Language, string> = {
  en: 'Your verification code is: ',
  de: 'Ihr Bestätigungscode lautet: ',
  fr: 'Votre code de vérification est : ',
};

const TEXTS: Record<Language, Record<Occasion, string>> = {
  en: {
    verification: `${CODE.en}{{ code }}. It is for {{ tenant.friendly_name }}.`,
    enrollment:
      '{{ code }} is your verification code to enroll this phone with {{ tenant.friendly_name }}.',
    login: `${CODE.en}{{ code }}`,
  },
  de: {
    verification: `${CODE.de}{{ code }}. Er ist für {{ tenant.friendly_name }}.`,
    enrollment:
      '{{ code }} ist Ihr Bestätigungscode, um dieses Telefon bei {{ tenant.friendly_name }} einzurichten.',
    login: `${CODE.de}{{ code }}`,
  },
  fr: {
    verification: `${CODE.fr}{{ code }}. Il concerne {{ tenant.friendly_name }}.`,
    enrollment:
      '{{ code }} est votre code de vérification pour associer ce téléphone à {{ tenant.friendly_name }}.',
    login: `${CODE.fr}{{ code }}`,
  },
};

/** Returns the built-in text message, as Liquid. */
export function textMessage(occasion: Occasion, language: Language): string {
  return TEXTS[language][occasion];
}

/** The facts that a text message can use. */
export type TextValues = {
  code: string;
  channel: 'sms' | 'voice';
  language: Language;
  /** The requested language, or `null`. The operator's texts can use it. */
  wish: string | null;
  /** The application that the user logs in to. */
  application?: string;
  friendlyName: string;
  supportEmail: string | null;
  supportUrl: string | null;
};

/** Returns the facts under the names of Auth0's text message templates ("Customize SMS or Voice Messages"). */
export function textVariables(facts: TextValues): Record<string, unknown> {
  const { code, channel, language, friendlyName } = facts;
  const locale = facts.wish ?? language;
  return {
    code,
    password: code,
    message_type: channel,
    pause: '',
    locale,
    request_language: locale,
    requestInfo: { lang: locale },
    application: { name: facts.application ?? '' },
    tenant: {
      friendly_name: friendlyName,
      friendlyName,
      support_email: facts.supportEmail ?? '',
      support_url: facts.supportUrl ?? '',
    },
  };
}

/**
 * Renders a text message from the operator's template, if there is one. A fault in that template must not keep people out: the message then
 * contains the code alone.
 * @param text.own the operator's template, as Liquid
 * @param text.connectionId the connection that the template belongs to, if it is a connection's
 */
export async function wordText(
  { audit }: { audit: Audit },
  text: { occasion: Occasion; own: string | null; facts: TextValues; connectionId?: string },
): Promise<string> {
  const { occasion, facts, connectionId } = text;
  const { code, language } = facts;
  const source = text.own ?? textMessage(occasion, language);
  const rendered = await renderTemplateBounded('person', source, textVariables(facts), 'text');
  if (rendered.kind === 'ok') return rendered.text;
  audit.record({
    type: 'fn',
    description: `The text of phone messages cannot be rendered, so the built-in one is sent: ${rendered.problem}`,
    ...(connectionId !== undefined && { connectionId }),
    repeats: connectionId ?? 'phone message',
  });
  return `${CODE[language]}${code}`;
}
