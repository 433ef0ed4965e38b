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

const METADATA_NAMES = ['name', 'first', 'last'];
const MIN_PART_LENGTH = 3;
const NOT_LETTER_OR_DIGIT = /[^\p{L}\p{M}\p{N}]+/u;

/**
 * Whether the password contains, in whatever case, a part of at least three characters of the
 * person's names, user name or e-mail address (in front of the @).
 */
export function containsPersonalInfo(password: string, about: About): boolean {
  const folded = fold(password);
  const { email, username, name, givenName, familyName, nickname, userMetadata } = about;
  const metadata = METADATA_NAMES.map((key) => userMetadata?.[key]);
  const localPart = email?.slice(0, Math.max(email.lastIndexOf('@'), 0));
  return [localPart, username, name, givenName, familyName, nickname, ...metadata]
    .filter((value) => typeof value === 'string')
    .flatMap((value) => fold(value).split(NOT_LETTER_OR_DIGIT))
    .some((part) => [...part].length >= MIN_PART_LENGTH && folded.includes(part));
}

function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}
