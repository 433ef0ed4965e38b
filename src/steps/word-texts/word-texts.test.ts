import { describe, expect, test } from 'vitest';
import { LANGUAGES } from '../../platform/locales/locales.ts';
import { type Occasion, textMessage, textVariables } from './word-texts.ts';

const OCCASIONS: Occasion[] = ['verification', 'enrollment', 'login'];
// 3GPP TS 23.038, 6.2.1: the default alphabet. With one other letter, a message has room for 70 letters instead of 160.
const GSM_7 =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';
const LONGEST_NAME = 60;
const LONGEST_CODE = 12;

const all = LANGUAGES.flatMap((language) =>
  OCCASIONS.map((occasion) => [language, occasion] as const),
);

/** Fills in a text's code and the sender's name. */
const filled = (text: string, code: string, name: string) =>
  text.replaceAll('{{ code }}', code).replaceAll('{{ tenant.friendly_name }}', name);

describe.each(all)('the text in %s for %s', (language, occasion) => {
  const text = textMessage(occasion, language);

  test('says the code once, and asks for nothing that nobody fills in', () => {
    expect(text.split('{{ code }}')).toHaveLength(2);
    expect(filled(text, '', '')).not.toMatch(/[{}]/);
  });

  test('is one message: of letters that phones know without Unicode, and short enough', () => {
    const longest = filled(text, '1'.repeat(LONGEST_CODE), 'M'.repeat(LONGEST_NAME));
    expect([...longest].filter((letter) => !GSM_7.includes(letter))).toEqual([]);
    expect(longest.length).toBeLessThanOrEqual(160);
  });

  test('is another than in the other languages', () => {
    const others = LANGUAGES.filter((candidate) => candidate !== language);
    expect(others.map((other) => textMessage(occasion, other))).not.toContain(text);
  });
});

test('what a text may speak of has the names of Auth0’s templates', () => {
  const facts = {
    code: '123456',
    channel: 'voice' as const,
    language: 'en' as const,
    wish: 'pt-BR',
    application: 'Notes',
    friendlyName: 'Meadow',
    supportEmail: 'help@meadow.test',
    supportUrl: null,
  };
  expect(textVariables(facts)).toMatchObject({
    code: '123456',
    message_type: 'voice',
    locale: 'pt-BR',
    requestInfo: { lang: 'pt-BR' },
    application: { name: 'Notes' },
    tenant: {
      friendly_name: 'Meadow',
      friendlyName: 'Meadow',
      support_email: 'help@meadow.test',
      support_url: '',
    },
  });
  expect(textVariables({ ...facts, wish: null })).toMatchObject({ locale: 'en' });
});
