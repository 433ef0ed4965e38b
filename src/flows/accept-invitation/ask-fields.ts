import type { Db } from '../../platform/db/db.ts';
import {
  type CheckedProfile,
  checkProfile,
  isProfileSchema,
  type ProfileSchema,
} from '../../platform/profile-schema/profile-schema.ts';
import type { FlowState } from '../../records/invitation-flows/invitation-flows.ts';
import { profileSchemaOf } from '../../records/invitations/invitations.ts';
import { grantMetadata, type UserChanges, updateUser } from '../../records/users/users.ts';
import type { Found, OpenInvitation } from './view-invitation.ts';

/** Returns the schema of the fields that an invitation asks for, or `null` if it asks for none. */
export function fieldsAskedBy({ campaign }: Pick<Found, 'campaign'>): ProfileSchema | null {
  const profileSchema = profileSchemaOf(campaign.plan);
  return isProfileSchema(profileSchema) ? profileSchema : null;
}

/** Checks a person's fields. Without a schema there are none. */
export function checkFields(view: Pick<Found, 'campaign'>, fields: unknown): CheckedProfile {
  const schema = fieldsAskedBy(view);
  return schema === null ? { kind: 'ok', profile: {} } : checkProfile(schema, fields);
}

const ROOT_ATTRIBUTES = new Map<string, keyof UserChanges>([
  ['name', 'name'],
  ['given_name', 'givenName'],
  ['family_name', 'familyName'],
  ['nickname', 'nickname'],
]);

/** Splits the fields into the attributes of a user and `user_metadata`. */
export function partsOf(profile: FlowState['profile']): {
  rootAttributes: Pick<UserChanges, 'name' | 'givenName' | 'familyName' | 'nickname'>;
  userMetadata: Record<string, unknown>;
} {
  const rootAttributes: Record<string, unknown> = {};
  const userMetadata: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(profile ?? {})) {
    const attribute = ROOT_ATTRIBUTES.get(field);
    if (attribute === undefined) userMetadata[field] = value;
    else rootAttributes[attribute] = String(value);
  }
  const { givenName, familyName } = rootAttributes;
  if (rootAttributes.name === undefined && givenName !== undefined && familyName !== undefined) {
    rootAttributes.name = `${givenName} ${familyName}`;
  }
  return { rootAttributes, userMetadata };
}

/** Returns what is known about the person who chooses a password: the account, and what was entered with the acceptance. */
export function aboutPerson(
  { user, invitation }: Pick<OpenInvitation, 'user' | 'invitation'>,
  profile: FlowState['profile'],
) {
  const { rootAttributes, userMetadata } = partsOf(profile);
  return {
    email: invitation.email,
    ...user,
    ...rootAttributes,
    userMetadata: { ...user?.userMetadata, ...userMetadata },
  };
}

/** Gives a person the fields that were entered and checked. Run it in the transaction of the acceptance, which holds the account. */
export async function giveProfile(
  tx: Db,
  profile: FlowState['profile'],
  { userId, at: now }: { userId: string; at: Date },
): Promise<void> {
  const { rootAttributes, userMetadata } = partsOf(profile);
  if (Object.keys(rootAttributes).length > 0) {
    const updated = await updateUser(tx, userId, rootAttributes, now);
    if (updated.kind !== 'updated') throw new Error('An account that is held was not updated.');
  }
  await grantMetadata(tx, { grants: [{ userId, appMetadata: null, userMetadata }], at: now });
}
