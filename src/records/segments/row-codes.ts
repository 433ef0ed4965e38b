/** When a code occurs, and what the uploader can do. */
type Explanation = { when: string; action: string };

/**
 * Why a row of a job was refused: of an import, or of a list of people to invite. `npm run docs:errors` writes `docs/reference/errors.md`
 * from this list. A code that is not listed does not compile, and a test finds a code that nothing sends.
 */
export const ROW_ERRORS = {
  ADDITIONAL_PROPERTY: {
    when: 'The recipient has a property that invitations do not have.',
    action: 'Remove the property.',
  },
  ANY_OF_MISSING: {
    when: 'The recipient has neither `email` nor `user_id`, or both.',
    action: 'Keep exactly one of them.',
  },
  ARRAY_LENGTH_LONG: {
    when: 'A list has too many items.',
    action: 'Shorten the list to the maximum in the message.',
  },
  ARRAY_LENGTH_SHORT: {
    when: 'A list has too few items.',
    action: 'Leave the property out if there is no item.',
  },
  CONFLICT: {
    when: 'The `user_id`, username or phone number belongs to another user.',
    action: 'Search for the other user, and correct the row.',
  },
  CONFLICT_EMAIL: {
    when: 'The email belongs to an identity that is linked to another user.',
    action: 'Unlink the identity, or remove the row.',
  },
  DUPLICATED_USER: {
    when: 'The user exists, or an earlier row of the file is about the same user.',
    action: 'Set `upsert` to update existing users. Keep one row for each user.',
  },
  ENUM_MISMATCH: {
    when: 'A value is not one of the allowed values.',
    action: 'Use one of the values in the message.',
  },
  FORMAT: {
    when: 'A value does not have the format of its field, such as an email address.',
    action: 'Correct the value.',
  },
  INVALID_CSV: {
    when: 'A row has more or fewer cells than the header, or a quote in the wrong place.',
    action: 'Correct the row, or save the file again from the spreadsheet.',
  },
  INVALID_ENCODING: {
    when: 'The row has bytes that are not UTF-8.',
    action: 'Save the file as UTF-8.',
  },
  INVALID_FORMAT: {
    when: 'The recipient has no valid email address, or characters that cannot be stored.',
    action: 'Correct the address, or remove the characters.',
  },
  INVALID_JSON: {
    when: 'The row is not valid JSON.',
    action: 'Correct the row at the place that the message names.',
  },
  INVALID_TYPE: {
    when: 'A value has the wrong type.',
    action: 'Use the type in the message: quotes for text, none for numbers and booleans.',
  },
  MAXIMUM: {
    when: 'A number, a password hash or the metadata is too large.',
    action: 'Stay below the maximum in the message.',
  },
  MAX_LENGTH: {
    when: 'A text is too long.',
    action: 'Shorten it to the maximum in the message.',
  },
  MINIMUM: {
    when: 'A number is too small.',
    action: 'Stay above the minimum in the message.',
  },
  MIN_LENGTH: {
    when: 'A text is too short.',
    action: 'Leave the property out if there is no value.',
  },
  NOT_PASSED: {
    when: 'A property is unknown, reserved or not allowed together with another one.',
    action: 'Remove the property that the message names.',
  },
  NO_EMAIL: {
    when: 'The user to invite has no email address.',
    action: 'Add an address to the user.',
  },
  OBJECT_REQUIRED: {
    when: 'A required property is missing, or the row is not an object.',
    action: 'Add the property that the message names.',
  },
  ORGANIZATION_DELETED: {
    when: 'The organization of the invitations was deleted before the row was processed.',
    action: 'Invite these people again, to an organization that exists.',
  },
  PATTERN: {
    when: 'A value does not have the required form, such as a phone number.',
    action: 'Write it in the form in the message.',
  },
  PUBLIC_DOMAIN: {
    when: 'The invitation takes every account of the domain (`email_policy: same_domain`), and everybody can have an address there.',
    action: 'Use the policy `same`.',
  },
  ROW_TOO_LARGE: {
    when: 'The row has more bytes than the server accepts.',
    action: 'Shorten the row, for example its metadata.',
  },
  TOO_DEEP: {
    when: 'Objects or lists are nested too deeply.',
    action: 'Flatten the metadata of the row.',
  },
  USER_BLOCKED: {
    when: 'The user to invite is blocked.',
    action: 'Unblock the user first.',
  },
  USER_NOT_FOUND: {
    when: 'No user has this `user_id`.',
    action: 'Correct the `user_id`, or invite by email.',
  },
  WRONG_CONNECTION: {
    when: 'The user belongs to another connection.',
    action: 'Create an invitation with the connection of the user.',
  },
} as const satisfies Record<string, Explanation>;

export type RowErrorCode = keyof typeof ROW_ERRORS;

/** Why a row was refused. `path`, such as `app_metadata.blocked`, names the place in the row. */
export type RowError = { code: RowErrorCode; message: string; path?: string };

/** What was omitted from an accepted row. */
export const ROW_NOTES = {
  ALREADY_MIGRATED: {
    when: 'A login has brought the user from the legacy directory in the meantime. The row was skipped, or filled gaps.',
    action: 'Nothing. Set `migrated_users` to `merge` to fill gaps, or to `skip`.',
  },
  COLUMN_LEFT_OUT: {
    when: 'A column of the file is no field of users.',
    action: 'Map the column to a field, or to a key of `app_metadata` or `user_metadata`.',
  },
  HASH_LEFT_OUT: {
    when: 'The password hash would take too long to verify at each login.',
    action: 'Let the user set a new password, for example by an invitation.',
  },
  VALUE_LEFT_OUT: {
    when: 'The picture of the user does not have an address that an import accepts.',
    action: 'Set another picture with the Management API.',
  },
} as const satisfies Record<string, Explanation>;

export type RowNoteCode = keyof typeof ROW_NOTES;
