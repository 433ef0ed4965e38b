/** Other names of the same modules. */
export const OTHER_NAMES: Record<string, string> = {
  'bcrypt-nodejs': 'bcryptjs',
  lodash4: 'lodash',
  mysql2: 'mysql',
  'mysql2/promise': 'mysql-promise',
  postgres: 'pg',
  'request-promise-native': 'request-promise',
};

const SQL_SERVER =
  'Usher has no driver for SQL Server. Put a small HTTP service before the database, and call it with fetch.';
const NO_FILES = 'Scripts have no files and no processes. Put values into the configuration.';
const NO_SOCKETS =
  'Scripts open no connections by themselves. Use fetch, axios or request, or a driver: pg, mysql, mongodb.';
const AWS = 'Call the service with fetch, and sign the request with crypto.';

/** What scripts often require and cannot have, with what to do instead. */
export const ABSENT: Record<string, string> = {
  tedious: SQL_SERVER,
  mssql: SQL_SERVER,
  'mysql-ssh': NO_SOCKETS,
  child_process: NO_FILES,
  cluster: NO_FILES,
  fs: NO_FILES,
  'fs/promises': NO_FILES,
  module: NO_FILES,
  os: NO_FILES,
  path: NO_FILES,
  process: 'Settings of a script are in `configuration`.',
  vm: NO_FILES,
  worker_threads: NO_FILES,
  dgram: NO_SOCKETS,
  dns: NO_SOCKETS,
  http: NO_SOCKETS,
  http2: NO_SOCKETS,
  https: NO_SOCKETS,
  net: NO_SOCKETS,
  tls: NO_SOCKETS,
  ldapjs: 'Use a connection with an LDAP directory instead of scripts.',
  'aws-sdk': AWS,
  'amazon-cognito-identity-js': AWS,
  edge: 'Scripts run no code of .NET.',
};
