/**
 * The program of a sandbox process. It gets scripts from the server through its channel, runs each in an isolate with a thread of its own,
 * and ends with the server. Its environment is empty, and it may neither read files nor start processes.
 */
import type { FromSandbox, ToSandbox } from '../messages.ts';
import { createIsolates, type Isolates } from './isolates.ts';

delete process.env.NODE_CHANNEL_FD;
delete process.env.NODE_CHANNEL_SERIALIZATION_MODE;

const MEMORY_CHECK_MS = 250;

function send(message: FromSandbox): void {
  if (process.connected) process.send?.(message);
}

let isolates: Isolates | undefined;

process.on('disconnect', () => process.exit());
process.on('message', (message: ToSandbox) => {
  if (message.type === 'start') {
    isolates = createIsolates({ send, die, nativePath: process.argv[2] ?? '', ...message });
    setInterval(() => isolates?.checkMemory(), MEMORY_CHECK_MS);
    send({ type: 'ready' });
  } else isolates?.take(message);
});

/** Ends the process, which has lost control over a script. Other threads may go on, so only this way ends it surely. */
function die(key: string): void {
  const kill = () => process.kill(process.pid, 'SIGKILL');
  if (!process.connected) kill();
  process.send?.({ type: 'suspect', key } satisfies FromSandbox, kill);
}
