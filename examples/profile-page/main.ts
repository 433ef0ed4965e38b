import { startProfilePage } from './profile-page.ts';

const { ISSUER, SECRET, PORT = '4100' } = process.env;

if (!ISSUER || !SECRET) {
  console.error('Set ISSUER (such as http://localhost:3000) and SECRET. See README.md.');
  process.exit(2);
}

const started = await startProfilePage({
  issuer: ISSUER.replace(/\/$/, ''),
  secret: SECRET,
  port: Number(PORT),
});
console.log(`The page is at ${started.url}`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    started.close().then(() => process.exit(0));
  });
}
