/** The part of `Storage` that the flow needs. */
export type KeyValueStore = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

export type PageOptions = {
  /** The server, such as `https://login.example.com`. */
  baseUrl: string;
  /** Your application. Its `web_origins` must contain the origin of this page. */
  clientId: string;
  /** The language of messages, such as `de`. Default: the browser's. */
  language?: string;
  /** Default: the browser's. */
  fetch?: typeof fetch;
};

export type FlowOptions = PageOptions & {
  /** The link from the mail: the whole address, or its ticket. */
  link: string;
  /**
   * Keeps the secret with which this browser goes on. Default: `sessionStorage`, which ends with the tab. `localStorage` also survives a
   * closed tab.
   */
  storage?: KeyValueStore;
};

export type NewPerson = {
  email: string;
  password: string;
  /** The name of the connection. Default: the application's oldest in which an address is enough. */
  connection?: string;
  name?: string;
  given_name?: string;
  family_name?: string;
  nickname?: string;
};

export type StateName =
  | 'profile'
  | 'credential'
  | 'factor'
  | 'phone_code'
  | 'totp_code'
  | 'ready'
  | 'no_way'
  | 'done'
  | 'under_way'
  | 'sign_up_code';

export type StepName =
  | 'start'
  | 'profile'
  | 'password'
  | 'existing'
  | 'existing/passkey'
  | 'connection'
  | 'passkey'
  | 'code'
  | 'phone'
  | 'phone/verify'
  | 'totp'
  | 'totp/verify'
  | 'complete'
  | 'reset'
  | 'sign-up'
  | 'sign-up/code'
  | 'sign-up/verify';

/** The schema of one field, as JSON Schema. */
export type FieldSchema = {
  type: 'string' | 'number' | 'integer' | 'boolean';
  title?: string;
  description?: string;
  enum?: (string | number | boolean)[];
  [keyword: string]: unknown;
};

export type FlowState = {
  state: StateName;
  /** The steps that are possible now. */
  next: StepName[];
  invitation?: {
    email: string;
    inviter: { name: string } | null;
    client: { client_id: string; name: string } | null;
    expires_at: string;
  };
  /** How the person logs in to the account that they have. `null`: they have none yet. */
  existing?: { has_password: boolean; has_passkey: boolean; has_identity: boolean } | null;
  /** What the invitation asks for. Absent: nothing. */
  fields?: { properties: Record<string, FieldSchema>; required?: string[] };
  /** The identity providers, if the invitation takes any. */
  connections?: { name: string; strategy: string; display_name: string | null }[];
  factors?: { required: string[]; offered: string[] };
  /** What was entered so far. */
  entered?: {
    profile: Record<string, unknown>;
    phone_number: string | null;
    is_phone_verified: boolean;
    is_totp_verified: boolean;
  };
};

export type Problem = {
  /**
   * See the guide for all codes. `unreachable`: no answer arrived. `passkey_not_made`: the person has canceled, or the browser uses no
   * passkeys here.
   */
  code: string;
  /** In the language of the person. */
  message: string;
  /** Why a password was refused. */
  reason?: string;
  fields?: { field: string; code: string; message: string; limit?: unknown }[];
};

/** Send the browser to this address: `location.assign(state.redirect_to)`. */
export type AtProvider = { redirect_to: string };

export type Totp = { secret: string; uri: string };

/** What binds the login ticket to one authorization request of your application. The first that is given counts. */
export type AtCompletion = { codeChallenge?: string; state?: string };

export type Completed = {
  /** Goes into your authorization request as `login_ticket`. `null`: the person must log in. */
  login_ticket: string | null;
  /** In seconds. */
  expires_in: number;
  /** Show it once: it replaces a lost second factor. */
  recovery_code?: string;
};

export type FlowResult<T = unknown> =
  | { ok: true; state: (FlowState & T) | null }
  | { ok: false; problem: Problem; state: FlowState | null };
