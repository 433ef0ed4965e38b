import type {
  Directory,
  DirectoryChange,
  DirectoryContext,
  DirectoryLogin,
  DirectoryUser,
  LegacyProfile,
} from '../../outbound/legacy-directory/legacy-directory.ts';
import type { DirectoryScript } from '../../records/connections/connections.ts';
import { type Finding, finding, missingEmailVerified, profilesDiffer } from './lint-scripts.ts';

/** What a script or a connector is asked with. */
export type TrialArgs = {
  identifier?: string;
  password?: string;
  email?: string;
  newEmail?: string;
  isVerified?: boolean;
  id?: string;
  username?: string;
  phoneNumber?: string;
  userMetadata?: Record<string, unknown>;
  appMetadata?: Record<string, unknown>;
};

export type TrialAnswer = DirectoryLogin | DirectoryUser | DirectoryChange;

/** Scripts that change the legacy user database. */
export const CHANGING: ReadonlySet<string> = new Set([
  'create',
  'verify',
  'change_password',
  'delete',
  'change_email',
]);

const PROFILE_FIELDS: [keyof LegacyProfile, string][] = [
  ['id', 'user_id'],
  ['email', 'email'],
  ['emailVerified', 'email_verified'],
  ['username', 'username'],
  ['phoneNumber', 'phone_number'],
  ['name', 'name'],
  ['givenName', 'given_name'],
  ['familyName', 'family_name'],
  ['nickname', 'nickname'],
  ['picture', 'picture'],
  ['userMetadata', 'user_metadata'],
  ['appMetadata', 'app_metadata'],
  ['blocked', 'blocked'],
];

/** Asks a directory one question, without the consequences that the answer has at a login. */
export async function ask(
  directory: Directory,
  script: DirectoryScript,
  args: TrialArgs,
  about: { connection: string; context: DirectoryContext },
): Promise<TrialAnswer> {
  const { context } = about;
  const { identifier = args.email ?? '', password = '' } = args;
  const email = args.email ?? identifier;
  switch (script) {
    case 'login':
      return directory.login({ identifier, password, context });
    case 'get_user':
      return directory.getUser({ identifier, context });
    case 'create': {
      const user = {
        clientId: null,
        email: email || null,
        password,
        username: args.username ?? null,
        phoneNumber: args.phoneNumber ?? null,
        connection: about.connection,
        userMetadata: args.userMetadata ?? {},
        appMetadata: args.appMetadata ?? {},
      };
      return (await directory.create?.({ user, context })) ?? missing(script);
    }
    case 'verify':
      return (await directory.verify?.({ email, context })) ?? missing(script);
    case 'change_password':
      return (await directory.changePassword?.({ email, password, context })) ?? missing(script);
    case 'delete':
      return (await directory.remove?.({ id: args.id ?? '' })) ?? missing(script);
    case 'change_email': {
      const { newEmail = '', isVerified = false } = args;
      const change = { email, newEmail, isVerified, context };
      return (await directory.changeEmail?.(change)) ?? missing(script);
    }
  }
}

/** Asks again where that tells more: whether the id stays the same, and whether login and get_user agree. */
export async function findingsOf(
  directory: Directory,
  script: DirectoryScript,
  args: TrialArgs,
  about: { answer: TrialAnswer; connection: string; context: DirectoryContext },
): Promise<Finding[]> {
  const { answer } = about;
  if (answer.kind === 'unavailable' && answer.why === 'timed-out') {
    const message = 'The script did not call back in time.';
    return [finding(script, 'no_callback', 'error', message)];
  }
  if (answer.kind !== 'found') return [];
  const found: Finding[] = (answer.notes ?? []).map((note) =>
    finding(script, 'left_out', 'warning', note),
  );
  if (answer.profile.email !== null && answer.profile.emailVerified === null) {
    found.push(missingEmailVerified(script));
  }
  const again = await ask(directory, script, args, about);
  if (again.kind === 'found' && again.profile.id !== answer.profile.id) {
    const message = 'Two calls gave different values of user_id. It must always be the same.';
    return [...found, finding(script, 'random_user_id', 'error', message)];
  }
  if (script !== 'login') return found;
  const looked = await ask(directory, 'get_user', args, about);
  if (looked.kind === 'none') {
    const message = 'get_user does not find the user whom login finds.';
    found.push(finding('get_user', 'profiles_differ', 'error', message));
  }
  if (looked.kind === 'found') {
    const differing = PROFILE_FIELDS.filter(
      ([field]) => JSON.stringify(looked.profile[field]) !== JSON.stringify(answer.profile[field]),
    );
    if (differing.length > 0) found.push(profilesDiffer(differing.map(([, name]) => name)));
  }
  return found;
}

function missing(script: string): TrialAnswer {
  const problem = `The connection has no script ${script}, and no directory that does the same.`;
  return { kind: 'unavailable', why: 'missing-script', problem };
}
