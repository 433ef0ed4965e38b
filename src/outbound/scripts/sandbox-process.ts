import { spawn } from 'node:child_process';
import { childProgram, isolatedVmPath, preludeProgram } from './child-program.ts';
import type { FromSandbox, SandboxLimits, ToSandbox } from './messages.ts';

/** A process that runs scripts. */
export type SandboxProcess = {
  send(message: ToSandbox): void;
  /** Ends it at once. */
  kill(): void;
  /** Whether it keeps the server from ending. */
  hold(isHeld: boolean): void;
  /** Resolves when it has ended. */
  ended: Promise<void>;
};

/**
 * Starts a process that runs scripts. It gets no environment, no descriptors but its channel, and no right to read files or to start processes.
 * @param parts.hear gets each message of the process. Nothing in it can be trusted.
 */
export function startSandboxProcess(parts: {
  limits: SandboxLimits;
  hear: (message: FromSandbox) => void;
}): SandboxProcess {
  const nativePath = isolatedVmPath();
  const child = spawn(
    process.execPath,
    [
      '--permission',
      '--allow-addons',
      '--no-warnings',
      '--no-node-snapshot',
      '--disable-proto=delete',
      '--input-type=module',
      '-',
      nativePath,
    ],
    { env: {}, cwd: '/', stdio: ['pipe', 'ignore', 'ignore', 'ipc'], serialization: 'json' },
  );
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const send = (message: ToSandbox) => {
    // A process that has just ended takes nothing. Its end is told separately.
    if (child.connected) child.send(message, () => {});
  };
  child.on('message', (message: FromSandbox) => parts.hear(message));
  child.stdin?.on('error', () => {});
  child.stdin?.end(childProgram());
  send({ type: 'start', limits: parts.limits, prelude: preludeProgram() });
  return {
    send,
    kill: () => {
      child.kill('SIGKILL');
    },
    hold(isHeld) {
      if (isHeld) {
        child.ref();
        child.channel?.ref();
      } else {
        child.unref();
        child.channel?.unref();
      }
    },
    ended,
  };
}
