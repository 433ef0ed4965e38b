import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { TSchema } from 'typebox';
import { EFFECT, type Effect, hasEffect, sentenceOf } from './effects.ts';
import type { ErrorCode } from './error-codes.ts';
import { ApiError, badRequest } from './errors.ts';
import { formats } from './formats.ts';
import { areFieldNames, FIELD_NAMES } from './wire.ts';

export type Part = 'body' | 'querystring' | 'params';

const options = {
  strict: false,
  // `strict: false` turns this check off. Without the check, Infinity would be a number.
  strictNumbers: true,
  verbose: true,
  formats,
  useDefaults: false,
  // It takes longer than all else in the compilation, and the engine optimizes the code again.
  code: { optimize: false },
} as const;
// Bodies are validated as they come. A query string contains only strings, so the schema converts its values.
const strict = new Ajv({ ...options, coerceTypes: false });
const coercing = new Ajv({ ...options, coerceTypes: 'array' });
for (const ajv of [strict, coercing]) {
  ajv.addKeyword({ keyword: EFFECT, errors: false, validate: hasEffect });
  ajv.addKeyword({ keyword: FIELD_NAMES, errors: false, validate: areFieldNames });
}

const PREFIX: Record<Part, { text: string; status: 400; errorCode: ErrorCode }> = {
  body: { text: 'Payload', status: 400, errorCode: 'invalid_body' },
  querystring: { text: 'Query', status: 400, errorCode: 'invalid_query_string' },
  params: { text: 'Path', status: 400, errorCode: 'invalid_uri' },
};

/**
 * Creates a function that checks one part of a request. The schema is compiled at the first request: to compile those of all routes takes
 * longer than the rest of the start.
 * @param form whether the values are strings from a form body; the schema then converts them first
 * @throws {@link ApiError} 400 with the messages of the z-schema validator, which clients know
 */
export function validatorFor(schema: TSchema, part: Part): (data: unknown, form?: boolean) => void {
  const compiled = new Map<Ajv, ValidateFunction>();
  return (data, form = false) => {
    const ajv = part === 'body' && !form ? strict : coercing;
    const validate = compiled.get(ajv) ?? ajv.compile(schema);
    compiled.set(ajv, validate);
    const { text, status, errorCode } = PREFIX[part];
    if (part === 'querystring') refuseNul(data as Query);
    if (validate(data ?? null)) return;
    throw new ApiError(
      status,
      `${text} validation error: ${describe(validate.errors ?? [])}.`,
      errorCode,
    );
  };
}

// Characters of a description in a message.
const LONGEST_QUOTE = 100;

type Query = Record<string, string | string[] | undefined>;

/**
 * Refuses NUL in a query. Nothing stored contains NUL, so nothing matches it. Without the NUL, the query would find
 * something else.
 */
function refuseNul(query: Query): void {
  const bad = Object.entries(query).find(([, value]) => [value].flat().join().includes('\0'));
  if (bad === undefined) return;
  const message = `Query validation error: 'Contains characters that cannot be stored' on property ${bad[0]}.`;
  throw badRequest(message, PREFIX.querystring.errorCode);
}

function describe(errors: ErrorObject[]): string {
  // A failed union reports its branches first. The error of the union itself says less, but names the right place.
  const error = errors.at(-1);
  if (error === undefined) return "'Invalid value'";
  const path = pathOf(error.instancePath);
  const description: unknown = error.parentSchema?.description;
  const explained = typeof description === 'string' && error.keyword !== EFFECT;
  const where =
    path === '' ? '' : ` on property ${path}${explained ? ` (${shortened(description)})` : ''}`;
  return `'${reason(error)}'${aboutTheWhole(error) && path === '' ? '' : where}`;
}

/** Returns the field's description if it is short, as Auth0's are, otherwise its first sentence: the rest is for the reference. */
function shortened(description: string): string {
  const [first = ''] = description.split(/\.(?:\s|$)/, 1);
  return description.length > LONGEST_QUOTE ? first : description.replace(/\.$/, '');
}

function aboutTheWhole(error: ErrorObject): boolean {
  return error.keyword === 'required' || error.keyword === 'additionalProperties';
}

/** Turns `/groups/0/email` into `groups[0].email`. */
function pathOf(pointer: string): string {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part, index) => (/^\d+$/.test(part) ? `[${part}]` : index === 0 ? part : `.${part}`))
    .join('');
}

function reason({ keyword, params, data, schema }: ErrorObject): string {
  const limit = params.limit;
  switch (keyword) {
    case 'required':
      return `Missing required property: ${params.missingProperty}`;
    case 'additionalProperties':
      return `Additional properties not allowed: ${short(params.additionalProperty)}`;
    case 'type':
      return `Expected type ${[params.type].flat().join(',')} but found type ${typeOf(data)}`;
    case 'format':
      return `Object didn't pass validation for format ${params.format}: ${short(data)}`;
    case 'pattern':
      return `String does not match pattern ${params.pattern}`;
    case 'enum':
      return `No enum match for: ${short(data)}`;
    case 'minLength':
      return `String is too short (${[...String(data)].length} chars), minimum ${limit}`;
    case 'maxLength':
      return `String is too long (${[...String(data)].length} chars), maximum ${limit}`;
    case 'minimum':
      return `Value ${data} is less than minimum ${limit}`;
    case 'maximum':
      return `Value ${data} is greater than maximum ${limit}`;
    case 'minItems':
      return `Array is too short (${lengthOf(data)}), minimum ${limit}`;
    case 'maxItems':
      return `Array is too long (${lengthOf(data)}), maximum ${limit}`;
    case 'minProperties':
      return `Too few properties defined (${countOf(data)}), minimum ${limit}`;
    case 'maxProperties':
      return `Too many properties defined (${countOf(data)}), maximum ${limit}`;
    case 'uniqueItems':
      return `Array items are not unique (indexes ${Math.min(params.i, params.j)} and ${Math.max(params.i, params.j)})`;
    case EFFECT:
      return sentenceOf(schema as Effect);
    case FIELD_NAMES:
      return `String '${short(data)}' does not match pattern. Must be a comma separated list of the following values: ${schema}`;
    case 'const':
      return `No enum match for: ${JSON.stringify(data)}, expected ${JSON.stringify(schema)}`;
    default:
      return `Data does not match any schemas from '${keyword}'`;
  }
}

/** The value that the client sent, shortened for a message. */
function short(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

function typeOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function lengthOf(value: unknown): number {
  return Array.isArray(value) ? value.length : 0;
}

function countOf(value: unknown): number {
  return typeof value === 'object' && value !== null ? Object.keys(value).length : 0;
}
