import type { FieldProblem } from '../../../platform/profile-schema/profile-schema.ts';
import type { Translator } from '../page/page.ts';
import type { InvitationField } from '../page-values/page-values.ts';

/** The schema of one field. */
type FieldSchema = Record<string, unknown>;

/** What browsers fill in, by the field's name (HTML, 4.10.18.7.1). */
const AUTOCOMPLETE = new Map([
  ['name', 'name'],
  ['given_name', 'given-name'],
  ['family_name', 'family-name'],
  ['nickname', 'nickname'],
  ['organization', 'organization'],
  ['company', 'organization'],
]);

const INPUT_TYPES = new Map<unknown, InvitationField['type']>([
  ['date', 'date'],
  ['email', 'email'],
  ['uri', 'url'],
]);

/** Returns the field's title, or its name in words: `given_name` is "Given name". */
export function labelOf(name: string, { title }: FieldSchema): string {
  if (typeof title === 'string' && title.trim() !== '') return title;
  const words = name
    .replace(
      /(\p{Ll})(\p{Lu})/gu,
      (_, before: string, after: string) => `${before} ${after.toLowerCase()}`,
    )
    .replace(/[_-]+/g, ' ')
    .trim();
  return words === '' ? name : words.charAt(0).toUpperCase() + words.slice(1);
}

/** Returns how the page asks for a field that is typed. */
export function inputOf(
  name: string,
  { type, format }: FieldSchema,
): Pick<InvitationField, 'type' | 'inputMode' | 'autocomplete'> {
  return {
    type: INPUT_TYPES.get(format) ?? 'text',
    inputMode: type === 'integer' ? 'numeric' : type === 'number' ? 'decimal' : null,
    autocomplete: AUTOCOMPLETE.get(name) ?? null,
  };
}

/** Says what is wrong with a field, and what would be right. */
export function sayFieldProblem(
  say: Translator['say'],
  { type, format, enum: choices }: FieldSchema,
  { why, limit }: FieldProblem,
): string {
  const n = String(limit);
  switch (why) {
    case 'missing':
      if (type === 'boolean') return say('invitation.field.tick');
      return say(choices === undefined ? 'invitation.field.missing' : 'invitation.field.choose');
    case 'type':
      return say(type === 'integer' ? 'invitation.field.integer' : 'invitation.field.number');
    case 'too-short':
      return say('invitation.field.tooShort', { n });
    case 'too-long':
      return say('invitation.field.tooLong', { n });
    case 'too-small':
      return say('invitation.field.tooSmall', { n });
    case 'too-large':
      return say('invitation.field.tooLarge', { n });
    case 'not-offered':
      if (type === 'boolean') return say('invitation.field.tick');
      return say(choices === undefined ? 'invitation.field.format' : 'invitation.field.choose');
    default:
      return say(`invitation.field.${FORMATS.get(format) ?? 'format'}`);
  }
}

const FORMATS = new Map<unknown, 'date' | 'email' | 'uri'>([
  ['date', 'date'],
  ['email', 'email'],
  ['uri', 'uri'],
]);
