import type { ProvidedIdentity } from '../../outbound/social/social.ts';
import type { ProvidedProfile } from '../../records/provided-identities/provided-identities.ts';
import type { User, UserChanges } from '../../records/users/users.ts';

const ROOT = ['name', 'givenName', 'familyName', 'nickname', 'picture'] as const;

/** Names of the attributes on the wire, as `non_persistent_attrs` lists them. */
const WIRE_NAMES: Record<string, keyof ProvidedProfile> = {
  email: 'email',
  name: 'name',
  given_name: 'givenName',
  family_name: 'familyName',
  nickname: 'nickname',
  picture: 'picture',
  username: 'username',
};

/**
 * Returns the identity's own copy of the profile.
 * @param notStored attributes that the connection does not store
 * @param former the copy so far: it fills what the provider leaves out now, such as the name that Apple sends at the first login only
 */
export function copyOf(
  identity: ProvidedIdentity,
  notStored: string[],
  former: ProvidedProfile | null,
): ProvidedProfile {
  const { profile } = identity;
  const omitted = new Set(notStored.map((name) => WIRE_NAMES[name]));
  const text = (name: Exclude<keyof ProvidedProfile, 'emailVerified'>, given: string | null) =>
    omitted.has(name) ? null : given?.replaceAll('\0', '') || (former?.[name] ?? null);
  const email = text('email', identity.email);
  return {
    email,
    emailVerified: email !== null && email === identity.email && identity.emailVerified,
    name: text('name', profile.name),
    givenName: text('givenName', profile.givenName),
    familyName: text('familyName', profile.familyName),
    nickname: text('nickname', profile.nickname),
    picture: text('picture', profile.picture),
    username: text('username', profile.username ?? null),
  };
}

/** Returns the root attributes that the provider says otherwise than the user has them. */
export function rootChanges(user: User, copy: ProvidedProfile): UserChanges {
  const changed = ROOT.flatMap((name) =>
    copy[name] !== null && copy[name] !== user[name] ? [[name, copy[name]] as const] : [],
  );
  return Object.fromEntries(changed);
}

/** Returns the root attributes of a new user. */
export function rootOf(copy: ProvidedProfile): Pick<ProvidedProfile, (typeof ROOT)[number]> {
  const { name, givenName, familyName, nickname, picture } = copy;
  return { name, givenName, familyName, nickname, picture };
}
