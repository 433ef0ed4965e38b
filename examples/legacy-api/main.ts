import { join } from 'node:path';
import { startLegacyApi } from './legacy-api.ts';
import { fileTable, postgresTable } from './users.ts';

const { ISSUER, AUDIENCE = 'urn:legacy-api', DATABASE_URL, PORT = '4200' } = process.env;

if (!ISSUER) {
  console.error('Set ISSUER, such as http://localhost:3000/. See README.md.');
  process.exit(2);
}

const started = await startLegacyApi({
  users: DATABASE_URL
    ? postgresTable(DATABASE_URL)
    : fileTable(join(import.meta.dirname, 'users.json')),
  issuer: `${ISSUER.replace(/\/$/, '')}/`,
  audience: AUDIENCE,
  port: Number(PORT),
});
console.log(`The API is at ${started.url}`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    started.close().then(() => process.exit(0));
  });
}
