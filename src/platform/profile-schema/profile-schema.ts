import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { boundedPattern, withinPatternTime } from './bounded-pattern.ts';

/** A schema as {@link profileSchemaProblem} accepts it: a flat object whose properties are the fields of a form. */
export type ProfileSchema = {
  type: 'object';
  properties: Record<string, Record<string, unknown>>;
  required?: string[];
  additionalProperties?: false;
};

/** Why a value of a field is refused. `missing`: a required field is absent or empty. `unknown`: the schema has no such field. */
export type FieldProblem = {
  field: string;
  why:
    | 'missing'
    | 'unknown'
    | 'type'
    | 'too-short'
    | 'too-long'
    | 'too-small'
    | 'too-large'
    | 'not-offered'
    | 'format';
  /** The limit or the choices of the schema, where the reason has one. */
  limit?: unknown;
};

export type CheckedProfile =
  | { kind: 'ok'; profile: Record<string, unknown> }
  | { kind: 'refused'; problems: FieldProblem[] };

const MOST_FIELDS = 50;
const MOST_BYTES = 16 * 1024;
const MOST_TEXT = 2000;
/** Maximum size of all fields together, in bytes as JSON: what people may write into their metadata at once. */
const MOST_ENTERED = 16 * 1024;
const TYPES = ['string', 'number', 'integer', 'boolean'];
/** Names of metadata that cannot be stored, or that would reach into an object's prototype. */
const FIELD_NAME = /^(?!__proto__$|constructor$|prototype$)[A-Za-z_][\w-]{0,63}$/;
/** `title`, `description`, `default` and `examples` are for the form. The others are checked. */
const KEYWORDS: Record<string, (value: unknown) => boolean> = {
  type: (value) => TYPES.includes(String(value)),
  title: isText,
  description: isText,
  default: isPlain,
  examples: (value) => Array.isArray(value) && value.every(isPlain),
  enum: (value) => Array.isArray(value) && value.length > 0 && value.every(isPlain),
  const: isPlain,
  minLength: isCount,
  maxLength: isCount,
  minimum: isNumber,
  maximum: isNumber,
  pattern: (value) => typeof value === 'string' && isPattern(value),
  format: (value) => typeof value === 'string' && Object.hasOwn(FORMATS, value),
};

const FORMATS = {
  date: (value: string) =>
    /^\d{4}-\d\d-\d\d$/.test(value) &&
    !Number.isNaN(Date.parse(value)) &&
    new Date(value).toISOString().startsWith(value),
  email: (value: string) => /^[^\s@]{1,64}@[^\s@]{1,255}$/.test(value),
  uri: (value: string) => URL.canParse(value) && /^https?:/i.test(value),
};

/**
 * Returns why a JSON Schema cannot describe the fields of a person, or `null` if it can. Only a flat object is possible, because a form has
 * flat fields and every keyword must have its effect.
 */
export function profileSchemaProblem(schema: unknown): string | null {
  if (!isObject(schema)) return 'The schema must be an object.';
  if (Buffer.byteLength(JSON.stringify(schema)) > MOST_BYTES) {
    return `The schema must not exceed ${MOST_BYTES} bytes.`;
  }
  const { type, properties, required = [], additionalProperties = false, ...rest } = schema;
  const [other] = Object.keys(rest).filter((key) => !['$schema', 'title'].includes(key));
  if (other !== undefined) return `The keyword '${other}' is not supported at the top level.`;
  if (type !== 'object') return "The schema's 'type' must be 'object'.";
  if (additionalProperties !== false) return "'additionalProperties' can only be false.";
  if (!isObject(properties)) return "'properties' must be an object.";
  const names = Object.keys(properties);
  if (names.length === 0 || names.length > MOST_FIELDS) {
    return `The schema must have 1 to ${MOST_FIELDS} properties.`;
  }
  if (!Array.isArray(required)) return "'required' must be a list of names.";
  const unknown = required.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    return `'required' names ${JSON.stringify(unknown)}, which is no property of the schema.`;
  }
  for (const name of names) {
    const problem = fieldSchemaProblem(name, properties[name]);
    if (problem !== null) return problem;
  }
  return null;
}

/** Returns whether a stored schema is one that {@link profileSchemaProblem} accepts. */
export function isProfileSchema(schema: unknown): schema is ProfileSchema {
  return profileSchemaProblem(schema) === null;
}

function fieldSchemaProblem(name: string, schema: unknown): string | null {
  if (!FIELD_NAME.test(name)) return `'${name}' cannot be the name of a field.`;
  if (!isObject(schema)) return `The schema of '${name}' must be an object.`;
  if (schema.type === undefined) return `The schema of '${name}' has no 'type'.`;
  for (const [keyword, value] of Object.entries(schema)) {
    const isRight = Object.hasOwn(KEYWORDS, keyword) ? KEYWORDS[keyword] : undefined;
    if (isRight === undefined) return `'${name}': the keyword '${keyword}' is not supported.`;
    if (!isRight(value)) return `'${name}': the value of '${keyword}' is not supported.`;
  }
  return null;
}

const ajv = new Ajv({
  allErrors: true,
  strict: false,
  // Every object inherits names such as `toString`. A field may have them.
  ownProperties: true,
  formats: FORMATS,
  // The operator's pattern meets a stranger's text: it must not stop the server.
  code: { regExp: boundedPattern },
});

const compiled = new Map<string, ValidateFunction>();
const MOST_COMPILED = 200;

/**
 * Checks a person's fields against a schema. Leaves out absent and empty fields.
 * @param schema accepted by {@link profileSchemaProblem}
 */
export function checkProfile(schema: ProfileSchema, fields: unknown): CheckedProfile {
  const given = isObject(fields) ? fields : {};
  const profile = Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) => {
      const kept = typeof value === 'string' ? value.normalize('NFC').trim() : value;
      return kept === '' || kept === null ? [] : [[name, kept]];
    }),
  );
  const problems = new Map<string, FieldProblem>();
  for (const [name, value] of Object.entries(profile)) {
    if (!Object.hasOwn(schema.properties, name)) {
      problems.set(name, { field: name.slice(0, 64), why: 'unknown' });
    } else if (typeof value === 'string' && value.length > MOST_TEXT) {
      problems.set(name, { field: name, why: 'too-long', limit: MOST_TEXT });
    } else if (typeof value === 'string' && (value.includes('\0') || !value.isWellFormed())) {
      problems.set(name, { field: name, why: 'format' });
    }
  }
  const validate = validatorOf(schema);
  if (problems.size === 0 && !withinPatternTime(() => validate(profile))) {
    for (const error of validate.errors ?? []) {
      const problem = problemOf(error);
      if (!problems.has(problem.field)) problems.set(problem.field, problem);
    }
  }
  if (problems.size === 0 && Buffer.byteLength(JSON.stringify(profile)) > MOST_ENTERED) {
    const [longest] = Object.entries(profile).sort(([, a], [, b]) => sizeOf(b) - sizeOf(a));
    problems.set('', { field: longest?.[0] ?? '', why: 'too-long' });
  }
  if (problems.size === 0) return { kind: 'ok', profile };
  return { kind: 'refused', problems: [...problems.values()].slice(0, MOST_FIELDS) };
}

function sizeOf(value: unknown): number {
  return Buffer.byteLength(String(value));
}

function validatorOf(schema: ProfileSchema): ValidateFunction {
  const { properties, required = [] } = schema;
  const key = JSON.stringify([properties, required]);
  const known = compiled.get(key);
  if (known !== undefined) return known;
  if (compiled.size >= MOST_COMPILED) compiled.clear();
  const validate = ajv.compile({ type: 'object', properties, required });
  // The library keeps every schema that it compiles. Only this cache may.
  ajv.removeSchema();
  compiled.set(key, validate);
  return validate;
}

const WHY: Record<string, FieldProblem['why']> = {
  required: 'missing',
  type: 'type',
  minLength: 'too-short',
  maxLength: 'too-long',
  minimum: 'too-small',
  maximum: 'too-large',
  enum: 'not-offered',
  const: 'not-offered',
};

function problemOf({ keyword, params, instancePath }: ErrorObject): FieldProblem {
  const field = keyword === 'required' ? params.missingProperty : instancePath.slice(1);
  const limit = params.limit ?? params.allowedValues ?? params.type;
  return {
    field: String(field),
    why: WHY[keyword] ?? 'format',
    ...(limit !== undefined && { limit }),
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.length <= MOST_TEXT;
}

function isPlain(value: unknown): boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= MOST_TEXT;
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value);
}

function isPattern(pattern: string): boolean {
  if (pattern.length > 500) return false;
  try {
    new RegExp(pattern, 'u');
    return true;
  } catch {
    return false;
  }
}
