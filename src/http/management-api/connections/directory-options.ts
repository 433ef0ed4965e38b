import { Type } from 'typebox';
import { compileSql } from '../../../platform/named-parameters/named-parameters.ts';
import {
  DIRECTORY_ENDPOINTS,
  DIRECTORY_HASH_SCHEMES,
  DIRECTORY_NEW_HASHES,
  DIRECTORY_PROFILE_FIELDS,
  DIRECTORY_QUERIES,
} from '../../../records/connections/connections.ts';
import { badRequest, closed, oneOf } from '../route/route.ts';

type Options = Record<string, unknown>;

const text = (maxLength: number, description: string) =>
  Type.String({ minLength: 1, maxLength, description });
const texts = (names: readonly string[], maxLength: number, description: string) =>
  closed(
    Object.fromEntries(
      names.map((name) => [name, Type.Optional(Type.String({ minLength: 1, maxLength }))]),
    ),
    { description },
  );
const url = (description: string) =>
  Type.String({ format: 'uri', pattern: '^https?://', maxLength: 2000, description });
const profileMap = (description: string) =>
  Type.Record(
    Type.String({
      pattern: `^(?:${DIRECTORY_PROFILE_FIELDS.join('|')}|(?:user|app)_metadata\\.[^.$]{1,100})$`,
    }),
    Type.String({ minLength: 1, maxLength: 128 }),
    { minProperties: 1, maxProperties: 100, description },
  );

const host = Type.String({
  pattern: '^[A-Za-z0-9_.:-]+$',
  maxLength: 253,
  description: 'Name or address of the server. Internal ones must be in `EGRESS_ALLOW`.',
});
const common = {
  timeout_ms: Type.Optional(
    Type.Integer({
      minimum: 100,
      maximum: 20_000,
      description: 'Maximum time of one question, in milliseconds. Default: 5000.',
    }),
  ),
};
const pooled = {
  ...common,
  ca: Type.Optional(
    text(64 * 1024, 'Certificates in PEM that are trusted instead of the well-known ones'),
  ),
  max_connections: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 20,
      description: 'Maximum connections of each node. Default: 5.',
    }),
  ),
};
const port = Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 }));
const secret = (description: string) => Type.Optional(text(4096, description));

const http = closed(
  {
    type: oneOf(['http']),
    endpoints: closed(
      Object.fromEntries(
        DIRECTORY_ENDPOINTS.map((name) => {
          const address = url(`Address of the operation ${name}`);
          const isNeeded = name === 'login' || name === 'get_user';
          return [name, isNeeded ? address : Type.Optional(address)];
        }),
      ),
    ),
    authentication: Type.Union([
      closed({
        type: oneOf(['client_credentials']),
        token_url: Type.Optional(
          url(
            'Token endpoint. Default: that of this server, whose tokens have a `sub` that ends with `@clients`.',
          ),
        ),
        client_id: text(256, 'Application that gets the token'),
        client_secret: secret('Its secret'),
        audience: Type.Optional(text(600, 'API that the token is for')),
        scope: Type.Optional(text(600, 'Scopes of the token')),
      }),
      closed({
        type: oneOf(['header']),
        name: Type.String({ pattern: '^[A-Za-z0-9-]{1,64}$' }),
        value: secret('Value of the header'),
      }),
    ]),
    ...common,
  },
  { description: 'An HTTP API in front of the legacy user database' },
);

const sql = closed(
  {
    type: oneOf(['sql']),
    dialect: oneOf(['postgres', 'mysql', 'mssql'], {
      description: '`mysql` is also for MariaDB. Usher refuses `mssql`: use an HTTP directory.',
    }),
    host,
    port,
    database: text(128, 'Name of the database'),
    user: text(128, 'User of the database. It needs no more rights than the queries.'),
    password: secret('Its password'),
    tls: Type.Optional(oneOf(['verify', 'off'], { description: 'Default: `verify`' })),
    queries: texts(
      Object.keys(DIRECTORY_QUERIES),
      10_000,
      'Statements with named parameters such as `:identifier`. `get_user` is required.',
    ),
    columns: profileMap(
      'Column of each attribute, such as `{"user_id": "id", "app_metadata.plan": "plan"}`',
    ),
    password_hash: closed({
      column: text(128, 'Column with the hash of the password'),
      scheme: Type.Optional(oneOf([...DIRECTORY_HASH_SCHEMES])),
      encoding: Type.Optional(oneOf(['hex', 'base64'])),
      salt_column: Type.Optional(text(128, 'Column with the salt, as text')),
      salt_position: Type.Optional(oneOf(['prefix', 'suffix'])),
    }),
    new_hash: Type.Optional(
      oneOf([...DIRECTORY_NEW_HASHES], {
        description: 'How `:password_hash` is made. Default: `bcrypt`.',
      }),
    ),
    ...pooled,
  },
  { description: 'A table of users in PostgreSQL, MySQL or MariaDB' },
);

const ldap = closed(
  {
    type: oneOf(['ldap']),
    host,
    port,
    tls: Type.Optional(oneOf(['ldaps', 'starttls', 'off'], { description: 'Default: `ldaps`' })),
    bind_dn: Type.Optional(
      text(1000, 'Account that searches. Without it, searches are anonymous.'),
    ),
    bind_password: secret('Its password'),
    base_dn: text(1000, 'Where users are searched'),
    filter: Type.Optional(text(2000, 'Filter of a user, such as `(mail={identifier})`')),
    dn_template: Type.Optional(
      text(
        1000,
        'DN of a user, such as `uid={identifier},ou=people,dc=example,dc=com`, instead of `filter`',
      ),
    ),
    attributes: profileMap('Attribute of the directory for each attribute of the profile'),
    emails_are_verified: Type.Optional(Type.Boolean()),
    count_filter: Type.Optional(text(2000, 'Filter of all users, to count them')),
    ...pooled,
  },
  { description: 'An LDAP directory, in which a bind proves the password' },
);

/** The option `directory`: a legacy user database that needs no scripts. */
export const directoryOption = Type.Union([http, sql, ldap], {
  description:
    'A legacy user database that needs no scripts. Its secrets are encrypted and never shown. An update without them keeps them.',
});

/**
 * Rules between fields of `directory`.
 * @throws ApiError 400
 */
export function checkDirectory({ directory }: Options): void {
  if (typeof directory !== 'object' || directory === null || !('type' in directory)) return;
  const fields: Options = { ...directory };
  if (fields.type === 'sql') checkSql(fields);
  if (fields.type === 'ldap') checkLdap(fields);
  const columns = fields.type === 'sql' ? 'columns' : 'attributes';
  if (fields.type !== 'http' && objectAt(fields, columns).user_id === undefined) {
    throw refused(columns, 'name user_id, which is the same at every login');
  }
}

function checkSql(fields: Options): void {
  const { dialect } = fields;
  if (dialect === 'mssql') {
    throw refused(
      'dialect',
      'be postgres or mysql. For SQL Server, put an API before the database and use a directory of type http',
    );
  }
  const queries = objectAt(fields, 'queries');
  if (queries.get_user === undefined) throw refused('queries', 'have get_user');
  for (const [name, parameters] of Object.entries(DIRECTORY_QUERIES)) {
    const query = queries[name];
    if (typeof query !== 'string') continue;
    const compiled = compileSql(query, dialect === 'mysql' ? 'mysql' : 'postgres', parameters);
    if (compiled.kind === 'refused') {
      throw refused(`queries.${name}`, `be one statement. ${compiled.problem}`);
    }
  }
}

function checkLdap(fields: Options): void {
  const [filter, template] = [fields.filter, fields.dn_template];
  if ((filter === undefined) === (template === undefined)) {
    throw refused('filter', 'be given, or else dn_template, and not both');
  }
  for (const [name, value] of Object.entries({ filter, dn_template: template })) {
    if (typeof value === 'string' && !value.includes('{identifier}')) {
      throw refused(name, 'contain {identifier}, the name that the person types');
    }
  }
}

function refused(field: string, rule: string) {
  return badRequest(
    `Payload validation error: 'must ${rule}' on property options.directory.${field}.`,
  );
}

function objectAt(from: Options, name: string): Options {
  const value = from[name];
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
