import { once } from 'node:events';
import { SMTPServer } from 'smtp-server';

// A mail server in its own process: it accepts everything, counts, and keeps one mail for inspection.
let taken = 0;
let sample = '';

const server = new SMTPServer({
  disabledCommands: ['STARTTLS', 'AUTH'],
  authOptional: true,
  disableReverseLookup: true,
  logger: false,
  onData(stream, _session, done) {
    const chunks: Buffer[] = [];
    const isSample = sample === '';
    stream.on('data', (chunk: Buffer) => {
      if (isSample) chunks.push(chunk);
    });
    stream.on('end', () => {
      if (isSample) sample = Buffer.concat(chunks).toString('utf8');
      taken += 1;
      process.send?.({ taken });
      done();
    });
  },
});
server.on('error', () => {});
server.listen(0, '127.0.0.1');
await once(server.server, 'listening');
const address = server.server.address();
process.on('message', () => process.send?.({ sample }));
process.on('disconnect', () => process.exit(0));
process.send?.({ port: typeof address === 'object' && address !== null ? address.port : 0 });
