import { identifiersOf } from '../../../records/connections/connections.ts';
import { badRequest } from '../route/route.ts';
import { checkCustomDatabase } from './custom-database-rules.ts';

type Options = Record<string, unknown>;

/**
 * Rules between options, with Auth0's messages.
 * @throws ApiError 400
 */
export function checkOptions(options: Options): void {
  const { attributes } = options;
  if ('set_user_root_attributes' in options && options.enabledDatabaseCustomization !== true) {
    throw badRequest(
      'options.set_user_root_attributes can be set only for enterprise connections, social connections or custom database connections (using external users store)',
    );
  }
  refuseActions(options);
  checkCustomDatabase(options);
  if (options.enumeration === 'hide' && identifiersOf({ options }).email.signup !== 'required') {
    throw badRequest(
      'options.enumeration can be "hide" only if sign-up requires an email address, because the response goes there. Set ' +
        'attributes.email.signup.status to "required".',
    );
  }
  const username = objectAt(objectAt(options, 'validation'), 'username');
  if (typeof username.min === 'number' && typeof username.max === 'number') {
    if (username.min > username.max) {
      throw badRequest('options.validation.username.min cannot be greater than max');
    }
  }
  if (typeof attributes !== 'object' || attributes === null) return;
  if ('requires_username' in options) {
    throw badRequest('Cannot set both options.attributes and options.requires_username');
  }
  if ('validation' in options) {
    throw badRequest('Cannot set both options.attributes and options.validation');
  }
  const all = Object.values(attributes);
  if (!all.some(isIdentifier)) {
    throw badRequest('attributes must contain one active identifier');
  }
  const phone = objectAt({ ...attributes }, 'phone_number');
  if (all.filter(isIdentifier).length === 1 && isIdentifier(phone)) {
    const { status } = objectAt(phone, 'signup');
    if (status !== undefined && status !== 'required') {
      throw badRequest('attribute phone_number must also be required on signup');
    }
  }
  const email = objectAt({ ...attributes }, 'email');
  if (email.unique === false) throw badRequest('cannot add non-unique email attribute');
}

/** Refuses custom password hash actions. Usher has no actions and reads the hashes without one. */
function refuseActions(options: Options): void {
  if (!('custom_password_hash' in options)) return;
  const { action_id: id } = objectAt(options, 'custom_password_hash');
  throw badRequest(
    typeof id === 'string' && id !== ''
      ? 'The provided custom password hash action id does not exist'
      : 'The action_id field value cannot be empty, null or undefined',
  );
}

function isIdentifier(attribute: unknown): boolean {
  return objectAt(objectAt({ attribute }, 'attribute'), 'identifier').active === true;
}

function objectAt(from: Options, name: string): Options {
  const value = from[name];
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
