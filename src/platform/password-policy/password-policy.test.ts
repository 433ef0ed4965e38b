import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { checkPassword, describePolicy, type PasswordPolicy } from './password-policy.ts';

const kindOf = (policy: PasswordPolicy, password: string, about = {}) =>
  checkPassword(policy, password, about).kind;

const describeTyped = (password: string) => {
  const outcome = checkPassword({ level: 'excellent', minLength: 200 }, password, {});
  return outcome.kind === 'weak' ? outcome.rules : [];
};

describe('levels', () => {
  test.each([
    ['none', '', 'weak'],
    ['none', 'a', 'ok'],
    ['low', 'aaaaa', 'weak'],
    ['low', 'aaaaaa', 'ok'],
    ['fair', 'Abcdef7', 'weak'],
    ['fair', 'Abcdefg7', 'ok'],
    ['fair', 'abcdefg7', 'weak'],
    ['fair', 'ABCDEFG7', 'weak'],
    ['fair', 'Abcdefgh', 'weak'],
    ['fair', 'Abcdefg!', 'weak'],
    ['good', 'Abcde7!', 'weak'],
    ['good', 'Abcdefg7', 'ok'],
    ['good', 'Abcdefg!', 'ok'],
    ['good', 'abcdef7!', 'ok'],
    ['good', 'ABCDEF7!', 'ok'],
    ['good', 'abcdefg7', 'weak'],
    ['good', 'Abc efgh', 'ok'],
    ['good', 'Äbcdefg7', 'ok'],
    ['excellent', 'Abcdefg7!', 'weak'],
    ['excellent', 'Abcdefgh7!', 'ok'],
    ['excellent', 'Aabbccdd77', 'ok'],
    ['excellent', 'Aabbbccdd7', 'weak'],
    ['excellent', 'Aabbccdd777', 'weak'],
    ['excellent', 'Ab7 😀😀😀 xy', 'weak'],
    ['excellent', 'abcdefghij', 'weak'],
  ] as const)('%s finds "%s" %s', (level, password, kind) => {
    expect(kindOf({ level }, password)).toBe(kind);
  });

  test.each([
    ['äöüäöüä7', 'lowerCase'],
    ['парольдня', 'lowerCase'],
    ['κωδικόςμου', 'lowerCase'],
    ['密码是我的狗的名字', 'lowerCase'],
    ['ÄÖÜ', 'upperCase'],
    ['ПАРОЛЬ', 'upperCase'],
    ['ΚΩΔΙΚΌΣ', 'upperCase'],
    ['ǅ', 'upperCase'],
    ['٤٧', 'numbers'],
    ['„“', 'specialCharacters'],
    ['€', 'specialCharacters'],
    ['😀', 'specialCharacters'],
  ])('the password "%s" has the type %s', (password, code) => {
    const [, rule] = describeTyped(password);
    expect(rule?.items?.filter((item) => item.verified).map((item) => item.code)).toContain(code);
  });

  test.each([
    ['fair', 'Пароль78', 'ok'],
    ['fair', 'пароль78', 'weak'],
    ['good', 'κωδικός-μου', 'weak'],
    ['good', 'Κωδικός-μου', 'ok'],
    ['good', '密码是我的狗的7!', 'ok'],
  ] as const)('%s finds "%s" of another script %s', (level, password, kind) => {
    expect(kindOf({ level }, password)).toBe(kind);
  });

  test.each([...' !"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'])('"%s" is special', (character) => {
    expect(kindOf({ level: 'good' }, `Abcdefg${character}`)).toBe('ok');
  });

  test.each([
    ['good', 12, 'Abcdefghij7', 'weak'],
    ['good', 12, 'Abcdefghijk7', 'ok'],
    ['good', 3, 'Ab7', 'ok'],
  ] as const)('%s with a minimum of %d finds "%s" %s', (level, minLength, password, kind) => {
    expect(kindOf({ level, minLength }, password)).toBe(kind);
  });

  test('a length counts characters, not bytes', () => {
    expect(kindOf({ level: 'low' }, '😀😀😀')).toBe('weak');
    expect(kindOf({ level: 'low' }, '😀😀😀😀😀😀')).toBe('ok');
  });
});

test('a weak password returns every rule and the text clients know', () => {
  expect(checkPassword({ level: 'good' }, 'abcdefg!', {})).toEqual({
    kind: 'weak',
    rules: [
      {
        message: 'At least %d characters in length',
        format: [8],
        code: 'lengthAtLeast',
        verified: true,
      },
      {
        message: 'Contain at least %d of the following %d types of characters:',
        code: 'containsAtLeast',
        format: [3, 4],
        items: [
          { message: 'lower case letters (a-z)', code: 'lowerCase', verified: true },
          { message: 'upper case letters (A-Z)', code: 'upperCase', verified: false },
          { message: 'numbers (i.e. 0-9)', code: 'numbers', verified: false },
          {
            message: 'special characters (e.g. !@#$%^&*)',
            code: 'specialCharacters',
            verified: true,
          },
        ],
        verified: false,
      },
    ],
    policyText:
      '* At least 8 characters in length\n* Contain at least 3 of the following 4 types of characters:\n * lower case letters (a-z)\n * upper case letters (A-Z)\n * numbers (i.e. 0-9)\n * special characters (e.g. !@#$%^&*)',
  });
});

test.each([
  ['none', '* Non-empty password required'],
  [
    'fair',
    '* At least 8 characters in length\n* Should contain:\n * lower case letters (a-z)\n * upper case letters (A-Z)\n * numbers (i.e. 0-9)',
  ],
  [
    'excellent',
    '* At least 10 characters in length\n* Contain at least 3 of the following 4 types of characters:\n * lower case letters (a-z)\n * upper case letters (A-Z)\n * numbers (i.e. 0-9)\n * special characters (e.g. !@#$%^&*)\n* No more than 2 identical characters in a row (e.g., "aaa" not allowed)',
  ],
] as const)('%s has an explanation', (level, text) => {
  expect(checkPassword({ level }, '', {})).toMatchObject({ kind: 'weak', policyText: text });
});

test.each([
  'none',
  'low',
  'fair',
  'good',
  'excellent',
] as const)('%s is described with no rule verified', (level) => {
  const all = describePolicy({ level }).rules.flatMap((rule) => [rule, ...(rule.items ?? [])]);
  expect(all.length).toBeGreaterThan(0);
  expect(all.filter((rule) => rule.verified)).toEqual([]);
});

describe('dictionary', () => {
  const policy = (dictionary: string[], enable = true): PasswordPolicy => ({
    level: 'none',
    dictionary: { enable, dictionary },
  });

  test('common passwords are refused in any case', () => {
    expect(kindOf(policy([]), 'password')).toBe('common');
    expect(kindOf(policy([]), 'PassWord')).toBe('common');
    expect(kindOf(policy([]), '24081990')).toBe('common');
    expect(kindOf(policy([]), 'correct horse battery')).toBe('ok');
  });

  test.each([
    'Password1',
    'P@ssw0rd2026!',
    'Welcome-77',
    '!!Dragon!!',
    'qwerty123456',
  ])('%s is common', (password) => {
    expect(kindOf(policy([]), password)).toBe('common');
    expect(kindOf({ level: 'fair' }, password)).not.toBe('common');
  });

  test.each([
    // Keyboard and alphabet runs.
    'asdfghjkl;A1',
    'Qwertz123!',
    'Azertyuiop1',
    '1qaz@WSX3edc',
    '!QAZ2wsx',
    'q1w2e3r4T5',
    'Lkjhgfdsa9',
    'Abcdefgh1',
    'Zyxwvut9!',
    'Abc123abc!',
    'Йцукенгшщз1',
    'Abc12345678',
    // Repetitions.
    'Aa1!Aa1!',
    'Ab7Ab7Ab7Ab7',
    'Xk9!Xk9!Xk9!Xk9!Xk9!Xk9!Xk9!Xk9!',
    'Aaaaaaa1',
    'AAAAbbbb1111',
    'Xyxyxyxy1',
    // Common words with little around them.
    'iloveyou1A',
    'Iloveyou!A1',
    '1l0veY0u!!',
    'MonkeyMonkey1',
    'PasswordDragon1',
    'Passwort123',
    'Sommer2024!',
    'Füßball2024',
    'Sonnenblume1A',
    'Sunshine#42',
    'xDragon99',
  ])('%s consists of so few parts that it is common', (password) => {
    expect(kindOf(policy([]), password)).toBe('common');
    expect(kindOf({ level: 'none' }, password)).toBe('ok');
  });

  test.each([
    'correct horse battery staple',
    'the quick brown fox jumps over it',
    'Tuesday we had soup in Lyon',
    'my cat sleeps on the piano 3',
    'love is what the monkey wanted most',
    'Dragons never pay their taxes',
    'sunshine over seven wet islands',
    'password managers are my best friends',
    'In 1987 my mother learned to sail!',
    'qwerty is how my keyboard begins',
    'ein Pferd frisst keinen Gurkensalat',
    'Zwölf Boxkämpfer jagen Viktor',
    'le chat gris dort sous la table',
    'нас утро встречает прохладой',
    'το καράβι φεύγει στις εννιά',
    '我家的狗喜欢在雨里跑步',
    'gravel-otter-violin-72',
    'Vt7#kQ2m',
    'x9!Rk2vq',
    'hj7 Lp0 zz4 Wq',
  ])('%s is accepted', (password) => {
    expect(kindOf(policy([]), password)).toBe('ok');
  });

  test('a short password is refused for its length, if at all', () => {
    expect(kindOf(policy([]), 'xk3!vq')).toBe('ok');
    expect(kindOf(policy([]), 'kitten')).toBe('common');
  });

  test('length that only repeats adds no strength', () => {
    for (const unit of ['a', 'ab', 'asdfghjkl;', 'password', 'monkeydragon', 'Aa1!', '1l0!']) {
      const long = unit.repeat(1000).slice(0, 1000);
      expect(kindOf(policy([]), long)).toBe('common');
    }
  });

  test('the names of the service are refused', () => {
    const about = ['Zorbitron Portal', 'Größenwahn & Co.'];
    expect(checkPassword(policy([]), 'Zorbitron2026!', {}, about).kind).toBe('common');
    expect(checkPassword(policy([]), 'groessenwahn-12', {}, about).kind).toBe('common');
    expect(checkPassword(policy([]), 'Zorbitron-otter-violin-72', {}, about).kind).toBe('ok');
    expect(checkPassword(policy([]), 'Zorbitron2026!', {}).kind).toBe('ok');
  });

  test.each([
    'Tulip-Canal-77',
    'Correct-horse-1',
    'a-Passw0rd-of-the-tests',
    'ein sehr langer Satz',
    '密码是我的狗的名字',
  ])('%s is not common', (password) => {
    expect(kindOf(policy([]), password)).toBe('ok');
  });

  test('the first and the last line of the longer list are found', () => {
    const file = new URL('common-passwords-200k.txt.gz', import.meta.url);
    const lines = gunzipSync(readFileSync(file)).toString().split('\n');
    expect(lines).toHaveLength(200_000);
    for (const line of [lines[0], lines[1], lines[99_999], lines.at(-2), lines.at(-1)]) {
      expect(kindOf(policy([]), line ?? '')).toBe('common');
    }
  });

  test('the shorter list holds fewer', () => {
    const shorter = {
      ...policy([]),
      dictionary: { enable: true, dictionary: [], list: '10k' as const },
    };
    expect(kindOf(shorter, 'password1')).toBe('common');
    expect(kindOf(shorter, 'P@ssw0rd2026!')).toBe('ok');
  });

  test('own words are refused in any case, and with few characters around them', () => {
    expect(kindOf(policy(['Initech']), 'iniTECH')).toBe('common');
    expect(kindOf(policy(['Initech']), 'Initech7')).toBe('common');
    expect(kindOf(policy(['Initech']), 'Initech-otter-7')).toBe('ok');
  });

  test('a disabled dictionary refuses nothing', () => {
    expect(kindOf(policy(['Initech'], false), 'password')).toBe('ok');
    expect(kindOf(policy(['Initech'], false), 'Initech')).toBe('ok');
  });
});

describe('personal information', () => {
  const policy: PasswordPolicy = { level: 'none', noPersonalInfo: { enable: true } };

  test.each([
    [{ email: 'jo.Smith+news@example.com' }, 'xxSMITHxx', 'personal'],
    [{ email: 'jo.smith@example.com' }, 'my jo 1', 'ok'],
    [{ email: 'jo.smith@example.com' }, 'example.com', 'ok'],
    [{ email: 'not an address' }, 'address', 'ok'],
    [{ username: 'rocket-77' }, 'rocket-77!', 'personal'],
    [{ username: 'rocket-77' }, '77 sunset strip', 'ok'],
    [{ name: 'Grace Brewster Hopper' }, 'brewster1', 'personal'],
    [{ givenName: 'Grace' }, 'amazinggrace', 'personal'],
    [{ familyName: 'Hopper' }, 'grassHOPPER', 'personal'],
    [{ nickname: 'gracie' }, 'Gracie!!', 'personal'],
    [{ name: 'Ян Ли' }, 'Ян и Ли', 'ok'],
    [{ name: 'Фёдор' }, 'ФЁДОР99', 'personal'],
    [{ userMetadata: { name: 'Amelia' } }, 'amelia1', 'personal'],
    [{ userMetadata: { first: 'Amelia' } }, 'amelia1', 'personal'],
    [{ userMetadata: { last: 'Earhart' } }, 'earhart1', 'personal'],
    [{ userMetadata: { team: 'Lockheed' } }, 'lockheed1', 'ok'],
    [{ userMetadata: { name: { deep: 'x' }, first: 7777, last: null } }, '7777', 'ok'],
    [{ name: 'Johannes Berg' }, 'J0hannes2024', 'personal'],
    [{ familyName: 'Kästner' }, 'KASTNER2024a', 'personal'],
    [{ familyName: 'Kästner' }, 'xK4estn3rx', 'personal'],
    [{ familyName: 'Kastner' }, 'KÄSTNER2024a', 'personal'],
    [{ familyName: 'Kaestner' }, 'Kästner2024a', 'personal'],
    [{ familyName: 'Müller' }, 'mueller99', 'personal'],
    [{ familyName: 'Großmann' }, 'GROSSMANN1', 'personal'],
    [{ familyName: 'Łukasz' }, 'lukasz77', 'personal'],
    [{ familyName: 'Søndergård' }, 'sondergard!', 'personal'],
    [{ name: 'Γιώργος' }, 'ΓΙΩΡΓΟΣ12', 'personal'],
    [{ name: 'Фёдор' }, 'федор99', 'personal'],
    [{ givenName: 'William' }, 'W1||!am#7', 'personal'],
    [{ name: 'Li Na' }, 'lina2024', 'personal'],
    [{ name: 'Li Na' }, 'NaLi-2024', 'personal'],
    [{ email: 'max.mustermann85@example.com' }, 'Mu$termann2024', 'personal'],
    [{ username: 'rocket77' }, 'R0cket-99', 'personal'],
    [{ name: 'Ata' }, 'x-474-474', 'ok'],
    [{}, 'anything', 'ok'],
  ])('%o with "%s" gives %s', (about, password, kind) => {
    expect(kindOf(policy, password, about)).toBe(kind);
  });

  test('is allowed if the policy does not forbid it', () => {
    const off: PasswordPolicy = { level: 'none', noPersonalInfo: { enable: false } };
    expect(kindOf(off, 'gracie', { nickname: 'gracie' })).toBe('ok');
    expect(kindOf({ level: 'none' }, 'gracie', { nickname: 'gracie' })).toBe('ok');
  });
});

test('256 characters of any script are accepted, more than 1024 bytes are not', () => {
  expect(kindOf({ level: 'none' }, '😀'.repeat(256))).toBe('ok');
  expect(kindOf({ level: 'none' }, 'a'.repeat(1024))).toBe('ok');
  expect(kindOf({ level: 'none' }, 'a'.repeat(1025))).toBe('too-long');
  expect(kindOf({ level: 'none' }, `${'😀'.repeat(256)}a`)).toBe('too-long');
});

describe('the newer form', () => {
  const complexity = { types: [], blocksIdentical: false, blocksSequential: false };
  test.each([
    [{ ...complexity }, 'a', 'ok'],
    [{ ...complexity, types: ['upperCase', 'specialCharacters'] }, 'abc!', 'weak'],
    [{ ...complexity, types: ['upperCase', 'specialCharacters'] }, 'Abc!', 'ok'],
    [{ ...complexity, atLeast: 3 }, 'abc7', 'weak'],
    [{ ...complexity, atLeast: 3 }, 'aBc7', 'ok'],
    [{ ...complexity, blocksIdentical: true }, 'aaab', 'weak'],
    [{ ...complexity, blocksIdentical: true }, 'aabb', 'ok'],
    [{ ...complexity, blocksSequential: true }, 'xABc9', 'weak'],
    [{ ...complexity, blocksSequential: true }, 'x321y', 'weak'],
    [{ ...complexity, blocksSequential: true }, 'ab12ba', 'ok'],
    [{ ...complexity, blocksSequential: true }, 'a/0b!c', 'ok'],
  ] as const)('%j of %s is %s', (rules, password, kind) => {
    const policy: PasswordPolicy = {
      level: 'excellent',
      complexity: { ...rules, types: [...rules.types] },
    };
    expect(kindOf(policy, password)).toBe(kind);
  });

  test('reports excessive length and the person’s data', () => {
    expect(kindOf({ level: 'none', maxBytes: 72 }, 'x'.repeat(73))).toBe('too-long');
    const policy: PasswordPolicy = {
      level: 'none',
      noPersonalInfo: { enable: true, fields: ['nickname', 'user_metadata.pet'] },
    };
    const about = { name: 'Ada', nickname: 'Countess', userMetadata: { pet: 'Rex99' } };
    expect(kindOf(policy, 'xcountessx', about)).toBe('personal');
    expect(kindOf(policy, 'xrex99x', about)).toBe('personal');
    expect(kindOf(policy, 'xadax', about)).toBe('ok');
  });
});
