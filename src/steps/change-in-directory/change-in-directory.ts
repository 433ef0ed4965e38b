import type {
  Directory,
  DirectoryChange,
  DirectoryContext,
  DirectoryFailure,
  LegacyProfile,
  NewLegacyUser,
} from '../../outbound/legacy-directory/legacy-directory.ts';
import { Refusal } from '../../platform/refusal/refusal.ts';

/** A request that belongs to no organization. */
export const NO_ORGANIZATION: DirectoryContext = { organization: null };

type Names = (string | null | undefined)[];

/** Returns the user of a directory who has one of these names, or whether nobody has. Ask it with no transaction open. */
export async function holderOf(
  directory: Pick<Directory, 'getUser'>,
  { names, context }: { names: Names; context: DirectoryContext },
): Promise<{ kind: 'found'; profile: LegacyProfile } | { kind: 'none' } | DirectoryFailure> {
  for (const identifier of new Set(names)) {
    if (!identifier) continue;
    const answer = await directory.getUser({ identifier, context });
    if (answer.kind !== 'none') return answer;
  }
  return { kind: 'none' };
}

export type CreatedThere =
  | { kind: 'created'; profile: LegacyProfile }
  | { kind: 'exists' }
  | Exclude<DirectoryChange, { kind: 'done' }>;

/**
 * Creates a user in a directory that keeps its users: asks whether the names are free, creates the user, and logs in, which proves the
 * creation and brings the profile. It can be repeated: a user who was created before is found as existing.
 */
export async function createThere(
  directory: Directory,
  { user, context }: { user: NewLegacyUser; context: DirectoryContext },
): Promise<CreatedThere> {
  const { email, username, phoneNumber, password } = user;
  const holder = await holderOf(directory, { names: [email, username, phoneNumber], context });
  if (holder.kind === 'found') return { kind: 'exists' };
  if (holder.kind === 'unavailable') return holder;
  if (!directory.create) return missing('create');
  const created = await directory.create({ user, context });
  if (created.kind === 'refused' && created.code === 'user_exists') return { kind: 'exists' };
  if (created.kind !== 'done') return created;
  const identifier = email ?? username ?? phoneNumber ?? '';
  const login = await directory.login({ identifier, password, context });
  if (login.kind === 'found') return { kind: 'created', profile: login.profile };
  if (login.kind === 'unavailable') return login;
  return failed('The directory has created the user, but does not log the user in.');
}

/** Changes the password of a user whom the directory keeps. */
export async function changePasswordThere(
  directory: Directory,
  { names, password, context }: { names: Names; password: string; context: DirectoryContext },
): Promise<DirectoryChange> {
  const holder = await holderOf(directory, { names, context });
  if (holder.kind === 'none') return failed('The directory does not know the user.');
  if (holder.kind === 'unavailable') return holder;
  if (!directory.changePassword) return missing('change_password');
  const email = holder.profile.email ?? names.find((name) => name) ?? '';
  return directory.changePassword({ email, password, context });
}

/** Changes the address of a user whom the directory keeps. */
export async function changeEmailThere(
  directory: Directory,
  change: { email: string; newEmail: string; isVerified: boolean; context: DirectoryContext },
): Promise<DirectoryChange> {
  const { context, email, newEmail } = change;
  const holder = await holderOf(directory, { names: [email], context });
  if (holder.kind === 'none') return failed('The directory does not know the user.');
  if (holder.kind === 'unavailable') return holder;
  const other = await holderOf(directory, { names: [newEmail], context });
  if (other.kind === 'unavailable') return other;
  if (other.kind === 'found' && other.profile.id !== holder.profile.id) {
    return {
      kind: 'refused',
      code: 'user_exists',
      message: 'The specified new email already exists',
    };
  }
  if (!directory.changeEmail) return missing('change_email');
  return directory.changeEmail(change);
}

/** Deletes a user whom the directory keeps. @param id without `auth0|` */
export async function removeThere(directory: Directory, id: string): Promise<DirectoryChange> {
  return directory.remove ? directory.remove({ id }) : missing('delete');
}

/** @throws Refusal `directory_refused`, `directory_unavailable` if the directory has not made the change */
export function requireDone(change: DirectoryChange, what: string): void {
  if (change.kind === 'done') return;
  if (change.kind === 'refused') throw new Refusal('directory_refused', change.message);
  if (change.kind === 'declined') {
    throw new Refusal('directory_refused', `The directory of the connection declined to ${what}.`);
  }
  throw unavailable(change);
}

/** Returns the refusal for a directory that gave no usable answer. The problem goes to the operator, who wrote the directory. */
export function unavailable({ why, problem }: DirectoryFailure): Refusal {
  const code = why === 'missing-script' ? 'directory_refused' : 'directory_unavailable';
  return new Refusal(code, `Sandbox Error: ${problem}`);
}

function missing(script: string): DirectoryFailure {
  const problem = `The directory of the connection has no ${script}.`;
  return { kind: 'unavailable', why: 'missing-script', problem };
}

function failed(problem: string): DirectoryFailure {
  return { kind: 'unavailable', why: 'failed', problem };
}
