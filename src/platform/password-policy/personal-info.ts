/** What is known of the person who chooses the password. */
export type About = {
  email?: string | null;
  username?: string | null;
  name?: string | null;
  givenName?: string | null;
  familyName?: string | null;
  nickname?: string | null;
  userMetadata?: Record<string, unknown> | null;
};

const USUAL = [
  'email',
  'username',
  'name',
  'given_name',
  'family_name',
  'nickname',
  'user_metadata.name',
  'user_metadata.first',
  'user_metadata.last',
];
const MIN_PART_LENGTH = 3;
const NOT_LETTER_OR_DIGIT = /[^\p{L}\p{M}\p{N}]+/u;

/**
 * Whether the password contains, in whatever case, a part of at least three characters of the
 * person's names, user name or e-mail address (in front of the @).
 * @param fields which of them; other names are looked for among the metadata
 */
export function containsPersonalInfo(
  password: string,
  about: About,
  fields: readonly string[] = USUAL,
): boolean {
  const folded = fold(password);
  return fields
    .map((field) => personalValue(about, field))
    .filter((value) => typeof value === 'string')
    .flatMap((value) => fold(value).split(NOT_LETTER_OR_DIGIT))
    .some((part) => [...part].length >= MIN_PART_LENGTH && folded.includes(part));
}

function personalValue(about: About, field: string): unknown {
  const { email } = about;
  switch (field) {
    case 'email':
      return email?.slice(0, Math.max(email.lastIndexOf('@'), 0));
    case 'username':
      return about.username;
    case 'name':
      return about.name;
    case 'given_name':
      return about.givenName;
    case 'family_name':
      return about.familyName;
    case 'nickname':
      return about.nickname;
    default: {
      const key = field.startsWith('user_metadata.') ? field.slice('user_metadata.'.length) : '';
      return about.userMetadata?.[key];
    }
  }
}

function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}
