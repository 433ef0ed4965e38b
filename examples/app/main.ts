import { startExampleApp } from './app.ts';

const { ISSUER, CLIENT_ID, CLIENT_SECRET, PORT = '4000', BASE_URL } = process.env;

if (!ISSUER || !CLIENT_ID) {
  console.error('Set ISSUER (such as http://localhost:3000/) and CLIENT_ID. See README.md.');
  process.exit(2);
}

const app = await startExampleApp({
  issuer: ISSUER,
  clientId: CLIENT_ID,
  clientSecret: CLIENT_SECRET,
  port: Number(PORT),
  baseUrl: BASE_URL ?? `http://localhost:${PORT}`,
}).catch((error: NodeJS.ErrnoException) => {
  if (error.code !== 'EADDRINUSE') throw error;
  console.error(`The port ${PORT} is in use. Set PORT to a free one.`);
  process.exit(1);
});
console.log(`The example application is at ${app.url}`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    app.close().then(() => process.exit(0));
  });
}
