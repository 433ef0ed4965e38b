/** What looks wrong in a script, or in what it answered. `hint` needs no change here. */
export type Finding = {
  /** Name of the script in `options.customScripts`. */
  script: string;
  code: FindingCode;
  level: 'error' | 'warning' | 'hint';
  message: string;
};

export type FindingCode =
  | 'missing_script'
  | 'no_callback'
  | 'random_user_id'
  | 'profiles_differ'
  | 'missing_email_verified'
  | 'metadata_name'
  | 'shared_email'
  | 'prints_password'
  | 'left_out';

const NEEDED = {
  importing: ['login', 'get_user'],
  keeping: ['login', 'get_user', 'create', 'verify', 'change_password', 'delete', 'change_email'],
};

const WHY: Record<string, string> = {
  login: 'Nobody can log in.',
  get_user: 'Sign-ups and forgotten passwords do not find the users of the legacy user database.',
  create: 'Nobody can sign up.',
  verify: 'The legacy user database does not learn that an email address was verified.',
  change_password: 'Nobody can change a password.',
  delete: 'Users cannot be deleted.',
  change_email: 'Email addresses cannot be changed.',
};

const RANDOM = /Math\.random|randomUUID|\buuid|nanoid|Date\.now|new Date|new ObjectId|randomBytes/;
const FIELDS = [
  'user_id',
  'email',
  'email_verified',
  'username',
  'name',
  'given_name',
  'family_name',
  'nickname',
  'picture',
  'phone_number',
  'user_metadata',
];

/** Looks at the sources of a connection's scripts. It runs nothing, so it finds only what a source shows. */
export function lintSources(
  scripts: Partial<Record<string, string>>,
  isImporting: boolean,
): Finding[] {
  const needed = isImporting ? NEEDED.importing : NEEDED.keeping;
  const missing = needed.filter((name) => scripts[name] === undefined);
  const found = Object.entries(scripts).flatMap(([name, source]) =>
    source === undefined ? [] : lintSource(name, source),
  );
  return [
    ...missing.map((script) =>
      finding(
        script,
        'missing_script',
        script === 'login' ? 'error' : 'warning',
        WHY[script] ?? '',
      ),
    ),
    ...found,
    ...lintPair(scripts.login, scripts.get_user),
  ];
}

function lintSource(script: string, source: string): Finding[] {
  const code = withoutComments(source);
  const found: Finding[] = [];
  if (!callsBack(code)) {
    const message =
      'The script neither calls its callback nor returns a promise. It will time out.';
    found.push(finding(script, 'no_callback', 'error', message));
  }
  if (/console\.\w+\([^)]*\b(?:password|newPassword)\b/.test(code)) {
    const message = 'The script prints a password to its console.';
    found.push(finding(script, 'prints_password', 'warning', message));
  }
  if (script !== 'login' && script !== 'get_user') return found;
  const id = /\b(?:user_id|id)\s*[:=]([^,;\n}]*)/.exec(code)?.[1] ?? '';
  if (RANDOM.test(id)) {
    const message = 'user_id looks different at each call. It must always be the same for a user.';
    found.push(finding(script, 'random_user_id', 'error', message));
  }
  // Without any field, the profile is built elsewhere.
  if (/\bemail\b/.test(code) && /\buser_id\b/.test(code) && !/\bemail_verified\b/.test(code)) {
    found.push(missingEmailVerified(script));
  }
  if (/\bapp_metadata\s*[:=]/.test(code) && !/\bmetadata\s*[:=]/.test(code)) {
    const message =
      'Usher reads app_metadata and metadata. Auth0 documents metadata for these scripts: use that name if the script runs there too.';
    found.push(finding(script, 'metadata_name', 'hint', message));
  }
  return found;
}

function lintPair(login: string | undefined, getUser: string | undefined): Finding[] {
  if (login === undefined || getUser === undefined) return [];
  const fieldsIn = (source: string) => {
    const code = withoutComments(source);
    return FIELDS.filter((field) => new RegExp(`\\b${field}\\s*:`).test(code));
  };
  const [ofLogin, ofGetUser] = [fieldsIn(login), fieldsIn(getUser)];
  if (ofLogin.length === 0 || ofGetUser.length === 0) return [];
  const only = ofLogin.filter((field) => !ofGetUser.includes(field));
  const other = ofGetUser.filter((field) => !ofLogin.includes(field));
  const differing = [...only, ...other];
  return differing.length === 0 ? [] : [profilesDiffer(differing)];
}

export function profilesDiffer(fields: string[]): Finding {
  const message = `login and get_user give different profiles (${fields.join(', ')}). They must give the same.`;
  return finding('get_user', 'profiles_differ', 'error', message);
}

export function missingEmailVerified(script: string): Finding {
  const message =
    'The profile does not say email_verified. Usher treats the address as not verified.';
  return finding(script, 'missing_email_verified', 'warning', message);
}

export function finding(
  script: string,
  code: FindingCode,
  level: Finding['level'],
  message: string,
): Finding {
  return { script, code, level, message };
}

/** Returns whether the last parameter is used in the body, or the function may return a promise. */
function callsBack(code: string): boolean {
  if (/\basync\b|\bPromise\b|\.then\s*\(/.test(code)) return true;
  const parameters = /\(([^)]*)\)/.exec(code);
  const last = parameters?.[1]?.split(',').at(-1)?.trim();
  if (!parameters || !last || !/^[\w$]+$/.test(last)) return true;
  const body = code.slice(parameters.index + parameters[0].length);
  return new RegExp(`(?<![\\w$])${last.replaceAll('$', '\\$')}(?![\\w$])`).test(body);
}

/** Comments would be found like code. An address in a text, such as `https://…`, has no blank before its slashes. */
function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, ' ').replace(/(^|[\s;{}])\/\/[^\n]*/g, '$1');
}
