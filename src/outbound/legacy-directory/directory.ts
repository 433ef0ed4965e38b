/** A user as a legacy directory describes it, checked and in the words of Usher. */
export type LegacyProfile = {
  /** Stable, and unique in the connection. The user's id is `auth0|<id>`. */
  id: string;
  email: string | null;
  /** `null`: the directory does not say. */
  emailVerified: boolean | null;
  username: string | null;
  phoneNumber: string | null;
  phoneVerified: boolean | null;
  name: string | null;
  givenName: string | null;
  familyName: string | null;
  nickname: string | null;
  picture: string | null;
  userMetadata: Record<string, unknown>;
  appMetadata: Record<string, unknown>;
  /** Second factors, in the form of an import. */
  mfaFactors: unknown[];
  /** Whether the directory says that the user may not log in. */
  blocked: boolean;
};

/** Why a directory gave no usable answer. It never counts as a wrong password. */
export type DirectoryFailure = {
  kind: 'unavailable';
  why:
    | 'timed-out'
    | 'failed'
    | 'refused-here'
    | 'too-large'
    | 'invalid-profile'
    | 'missing-script'
    | 'busy'
    /** It failed several times, and is not asked for some seconds. */
    | 'paused';
  /** For the log. It never reaches the person. */
  problem: string;
};

/**
 * `identifier`: what the error says about whom it was, if anything. `isUnknown`: the directory says that nobody has this name. Most scripts
 * do not say.
 */
export type DirectoryLogin =
  | FoundUser
  | { kind: 'wrong'; identifier: string | null; problem: string | null; isUnknown?: boolean }
  /** The directory has a message for the person (`UnauthorizedError`). */
  | { kind: 'denied'; message: string }
  | DirectoryFailure;

export type DirectoryUser = FoundUser | { kind: 'none' } | DirectoryFailure;

/** `notes`: what was left out of the profile, and why. */
export type FoundUser = { kind: 'found'; profile: LegacyProfile; notes?: string[] };

/** `refused`: a rule of the directory, with its code (`ValidationError`), such as `user_exists`. `declined`: it answered false. */
export type DirectoryChange =
  | { kind: 'done'; passwordSetAt?: Date }
  | { kind: 'declined' }
  | { kind: 'refused'; code: string; message: string }
  | DirectoryFailure;

/** What a script can know about the request, if the connection says so. */
export type DirectoryContext = {
  organization: { id: string; name: string; metadata: Record<string, string> } | null;
};

/** The legacy user database of a connection: scripts, an HTTP directory, an SQL database, or LDAP. */
export type Directory = {
  login(input: {
    identifier: string;
    password: string;
    context: DirectoryContext;
  }): Promise<DirectoryLogin>;
  /** @param input.identifier an address or a user name */
  getUser(input: { identifier: string; context: DirectoryContext }): Promise<DirectoryUser>;
  /** Absent functions: the directory cannot do it. */
  create?(input: { user: NewLegacyUser; context: DirectoryContext }): Promise<DirectoryChange>;
  verify?(input: { email: string; context: DirectoryContext }): Promise<DirectoryChange>;
  changePassword?(input: {
    email: string;
    password: string;
    context: DirectoryContext;
  }): Promise<DirectoryChange>;
  changeEmail?(input: {
    email: string;
    newEmail: string;
    isVerified: boolean;
    context: DirectoryContext;
  }): Promise<DirectoryChange>;
  /** @param input.id without `auth0|` */
  remove?(input: { id: string }): Promise<DirectoryChange>;
  /** How many users it has. `null`: it cannot count. */
  count?(): Promise<number | null>;
};

export type NewLegacyUser = {
  clientId: string | null;
  email: string | null;
  password: string;
  username: string | null;
  phoneNumber: string | null;
  connection: string;
  userMetadata: Record<string, unknown>;
  appMetadata: Record<string, unknown>;
};
