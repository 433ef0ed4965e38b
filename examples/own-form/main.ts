import { startOwnForm } from './own-form.ts';

const { ISSUER, CLIENT_ID, CLIENT_SECRET, PORT = '4000', BASE_URL } = process.env;

if (!ISSUER || !CLIENT_ID) {
  console.error('Set ISSUER (such as http://localhost:3000/) and CLIENT_ID. See README.md.');
  process.exit(2);
}

const app = await startOwnForm({
  issuer: ISSUER,
  clientId: CLIENT_ID,
  clientSecret: CLIENT_SECRET,
  port: Number(PORT),
  baseUrl: BASE_URL ?? `http://localhost:${PORT}`,
});
console.log(`The form is at ${app.url}/join`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    app.close().then(() => process.exit(0));
  });
}
