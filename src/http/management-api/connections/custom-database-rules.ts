import { functionProblem } from '../../../platform/script-syntax/script-syntax.ts';
import { type Connection, DIRECTORY_SCRIPTS } from '../../../records/connections/connections.ts';
import { badRequest } from '../route/route.ts';
import { checkDirectory } from './directory-options.ts';

type Options = Record<string, unknown>;

/** Scripts that Auth0 knows. Usher refuses the last two. */
export const SCRIPT_NAMES = [...DIRECTORY_SCRIPTS, 'change_username', 'change_phone_number'];
/** Characters. */
export const MOST_SCRIPT_LENGTH = 100 * 1024;
/** How many values `configuration` can have, and the maximum lengths of their names and of the values, in characters. */
export const CONFIGURATION_LIMITS = { values: 100, name: 128, value: 16 * 1024 };

const ONLY_WITH_STORE = [
  'import_mode',
  'customScripts',
  'configuration',
  'enable_script_context',
  'directory',
  'non_persistent_attrs',
];

/** Returns whether an option of a database connection has no effect, because the connection has no legacy user database. */
export function isUseless(options: Options, name: string): boolean {
  return (
    options.enabledDatabaseCustomization !== true &&
    ONLY_WITH_STORE.includes(name) &&
    !isOff(options[name])
  );
}

/**
 * Rules between options of a connection with a legacy user database. Refuses what would have no effect.
 * @throws ApiError 400
 */
export function checkCustomDatabase(options: Options): void {
  if (options.enabledDatabaseCustomization !== true) {
    const useless = ONLY_WITH_STORE.find((name) => isUseless(options, name));
    if (useless === undefined) return;
    throw useless === 'non_persistent_attrs'
      ? refused(useless, 'be an empty list, because attributes come from imports and from this API')
      : refused(
          useless,
          'be left out or turned off, because it has an effect only with enabledDatabaseCustomization',
        );
  }
  checkDirectory(options);
  const scripts = objectAt(options, 'customScripts');
  const names = Object.keys(scripts);
  if (!isOff(options.directory) && names.length > 0) {
    throw refused('customScripts', 'be empty, because the connection has a directory');
  }
  if (!isOff(options.directory) && !isOff(options.configuration)) {
    throw refused('configuration', 'be empty, because only scripts read it');
  }
  if (options.set_user_root_attributes === 'never_on_login') {
    throw refused(
      'set_user_root_attributes',
      'be on_each_login or on_first_login, because users of a legacy user database always get their profile from it',
    );
  }
  if (options.import_mode === true && options.set_user_root_attributes === 'on_each_login') {
    throw refused(
      'set_user_root_attributes',
      'be on_first_login, because import_mode copies each user once',
    );
  }
  for (const name of names) checkScript(name, scripts[name]);
}

/**
 * Options of an update. `enable_script_context` stays on, as at Auth0: scripts with a further argument would mistake it for the callback.
 * @throws ApiError 400 if the update turns it off
 */
export function keepContext(before: Pick<Connection, 'options'>, options: Options): Options {
  const wasOn = before.options.enable_script_context === true;
  if (!wasOn || options.enabledDatabaseCustomization !== true) return options;
  if (options.enable_script_context === false) {
    throw refused(
      'enable_script_context',
      'stay true, because the scripts have an argument for the context',
    );
  }
  return { ...options, enable_script_context: true };
}

function checkScript(name: string, source: unknown): void {
  if (typeof source !== 'string' || source === '' || source.length > MOST_SCRIPT_LENGTH) return;
  const problem = functionProblem(source);
  if (problem === null) return;
  const line = problem.line === null ? '' : ` in line ${problem.line}`;
  throw badRequest(
    `The script ${name} has a syntax error${line}: ${problem.message}. A script is one function, such as function ${name}(…, callback) { … }.`,
  );
}

function refused(option: string, rule: string) {
  return badRequest(`Payload validation error: 'must ${rule}' on property options.${option}.`);
}

function isOff(value: unknown): boolean {
  if (value === undefined || value === null || value === false) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

function objectAt(from: Options, name: string): Options {
  const value = from[name];
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
