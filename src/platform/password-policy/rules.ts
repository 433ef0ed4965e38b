// Also served to browsers for feedback during typing, so it must not import anything.

/** Required strength of a password: the levels none, low, fair, good and excellent. */
export type Level = 'none' | 'low' | 'fair' | 'good' | 'excellent';

/** One requirement and whether the password meets it. API clients depend on this shape. */
export type PolicyRule = {
  code:
    | 'nonEmpty'
    | 'lengthAtLeast'
    | 'shouldContain'
    | 'containsAtLeast'
    | 'identicalChars'
    | 'sequentialChars'
    | 'lowerCase'
    | 'upperCase'
    | 'numbers'
    | 'specialCharacters';
  /** English text with `%d` and `%s` for the values of `format`. */
  message: string;
  format?: Array<number | string>;
  items?: PolicyRule[];
  verified: boolean;
};

/** The newer form of the requirements. It replaces the level. */
export type Complexity = {
  types: CharacterType[];
  /** Number of required types. Default: all of them. */
  atLeast?: number;
  /** More than two identical characters in a row are refused. */
  blocksIdentical: boolean;
  /** More than two sequential characters in a row, such as abc or 321, are refused. */
  blocksSequential: boolean;
};

export type CharacterType = 'lowerCase' | 'upperCase' | 'numbers' | 'specialCharacters';

type Requirements = {
  minLength: number;
  /** Number of the four character types, or `lower-upper-digit` for exactly those three. */
  types?: number | 'lower-upper-digit';
  maxIdentical?: number;
};

const LEVELS: Record<Level, Requirements> = {
  none: { minLength: 1 },
  low: { minLength: 6 },
  fair: { minLength: 8, types: 'lower-upper-digit' },
  good: { minLength: 8, types: 3 },
  excellent: { minLength: 10, types: 3, maxIdentical: 2 },
};

/**
 * Returns every rule of a policy and whether the password meets it. An empty password meets none, so evaluating `''` describes the policy.
 * @param policy `minLength` (characters) replaces the minimum of the level; `complexity` replaces all its other rules
 */
export function evaluateRules(
  policy: { level: Level; minLength?: number; complexity?: Complexity },
  password: string,
): PolicyRule[] {
  if (policy.complexity) return newerRules(policy.complexity, policy.minLength ?? 1, password);
  const { minLength, types, maxIdentical } = LEVELS[policy.level];
  const rules = [lengthRule(policy.minLength ?? minLength, password)];
  if (types === 'lower-upper-digit') rules.push(allTypesRule(password));
  else if (types !== undefined) rules.push(someTypesRule(types, password));
  if (maxIdentical !== undefined) rules.push(identicalRule(maxIdentical, password));
  return rules;
}

function newerRules(
  { types, atLeast, blocksIdentical, blocksSequential }: Complexity,
  minLength: number,
  password: string,
): PolicyRule[] {
  const rules = [lengthRule(minLength, password)];
  if (atLeast !== undefined) rules.push(someTypesRule(atLeast, password));
  else if (types.length > 0) rules.push(theseTypesRule(types, password));
  if (blocksIdentical) rules.push(identicalRule(2, password));
  if (blocksSequential) rules.push(sequentialRule(2, password));
  return rules;
}

function lengthRule(minLength: number, password: string): PolicyRule {
  const verified = password !== '' && [...password].length >= minLength;
  if (minLength <= 1) return { message: 'Non-empty password required', code: 'nonEmpty', verified };
  return {
    message: 'At least %d characters in length',
    format: [minLength],
    code: 'lengthAtLeast',
    verified,
  };
}

function allTypesRule(password: string): PolicyRule {
  return theseTypesRule(['lowerCase', 'upperCase', 'numbers'], password);
}

function theseTypesRule(types: readonly string[], password: string): PolicyRule {
  const items = characterTypes(password).filter((item) => types.includes(item.code));
  return {
    message: 'Should contain:',
    code: 'shouldContain',
    items,
    verified: items.every((item) => item.verified),
  };
}

function someTypesRule(atLeast: number, password: string): PolicyRule {
  const items = characterTypes(password);
  return {
    message: 'Contain at least %d of the following %d types of characters:',
    code: 'containsAtLeast',
    format: [atLeast, items.length],
    items,
    verified: items.filter((item) => item.verified).length >= atLeast,
  };
}

/** Counts letters of any script. Letters without case, such as Chinese and Arabic ones, count as lower case. */
function characterTypes(password: string): PolicyRule[] {
  return [
    {
      message: 'lower case letters (a-z)',
      code: 'lowerCase',
      verified: /[\p{Ll}\p{Lo}]/u.test(password),
    },
    {
      message: 'upper case letters (A-Z)',
      code: 'upperCase',
      verified: /[\p{Lu}\p{Lt}]/u.test(password),
    },
    { message: 'numbers (i.e. 0-9)', code: 'numbers', verified: /\p{Nd}/u.test(password) },
    {
      message: 'special characters (e.g. !@#$%^&*)',
      code: 'specialCharacters',
      // In ASCII these are the remaining printable characters, the space included (OWASP, "Password special characters").
      verified: /[\p{P}\p{S}\p{Z}]/u.test(password),
    },
  ];
}

function identicalRule(most: number, password: string): PolicyRule {
  let run = 0;
  let longest = 0;
  let previous = '';
  for (const character of password) {
    run = character === previous ? run + 1 : 1;
    longest = Math.max(longest, run);
    previous = character;
  }
  return {
    message: 'No more than %d identical characters in a row (e.g., "%s" not allowed)',
    code: 'identicalChars',
    format: [most, 'a'.repeat(most + 1)],
    verified: password !== '' && longest <= most,
  };
}

/** Sequential letters and digits, up or down, in any case. */
function sequentialRule(most: number, password: string): PolicyRule {
  let longest = 0;
  let run = 0;
  let direction = 0;
  let previous = '';
  for (const character of password.toLowerCase()) {
    const bothKnown = /^[\p{L}\p{Nd}]{2}$/u.test(previous + character);
    const step = bothKnown ? (character.codePointAt(0) ?? 0) - (previous.codePointAt(0) ?? 0) : 0;
    if (Math.abs(step) !== 1) run = 1;
    else run = step === direction ? run + 1 : 2;
    direction = step;
    longest = Math.max(longest, run);
    previous = character;
  }
  return {
    message: 'No more than %d sequential characters in a row (e.g., "%s" not allowed)',
    code: 'sequentialChars',
    format: [most, 'abc'.slice(0, most + 1)],
    verified: password !== '' && longest <= most,
  };
}
