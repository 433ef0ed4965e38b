/** What a script holds open outside of its isolate. */
export type Connection = {
  /** Ends it at once. Never throws. */
  close(): void;
};

/** Connections of one run at the same time, and in all. */
const MAX_OPEN = 10;
const MAX_OPENED = 50;
/** Connections of all runs of this server at the same time. */
const MAX_OPEN_OF_ALL = 200;

type Run = { open: Map<string, Connection>; opened: number };

const runs = new Map<string, Run>();
let openOfAll = 0;

/** An error that a script can tell from others by its code. */
function problem(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

/**
 * Opens a connection for a run, and closes it at its end.
 * @param signal aborted when the run ends
 * @returns the name by which the run calls it
 * @throws Error if too many are open
 */
export async function openConnection(
  { callId, signal }: { callId: string; signal: AbortSignal },
  open: () => Promise<Connection>,
): Promise<string> {
  signal.throwIfAborted();
  const run = runs.get(callId) ?? { open: new Map<string, Connection>(), opened: 0 };
  runs.set(callId, run);
  if (run.open.size >= MAX_OPEN || run.opened >= MAX_OPENED) {
    throw problem(
      'TOO_MANY_CONNECTIONS',
      `The script opens too many connections: ${MAX_OPEN} at a time, ${MAX_OPENED} in all.`,
    );
  }
  if (openOfAll >= MAX_OPEN_OF_ALL) {
    throw problem('TOO_MANY_CONNECTIONS', 'The scripts of this server have too many connections.');
  }
  run.opened += 1;
  openOfAll += 1;
  // It counts from the beginning: a thousand that are still opening are a thousand.
  const name = `${callId}:${run.opened}`;
  run.open.set(name, { close() {} });
  try {
    const connection = await open();
    if (signal.aborted) {
      connection.close();
      throw problem('CONNECTION_CLOSED', 'The run of the script has ended.');
    }
    run.open.set(name, connection);
    return name;
  } catch (error) {
    forget(callId, name);
    throw error;
  }
}

/**
 * Returns an open connection of a run.
 * @throws Error with the code `CONNECTION_CLOSED` if the run has none of this name, such as one that an earlier run has opened
 */
export function connectionOf(callId: string, name: string): Connection {
  const found = runs.get(callId)?.open.get(name);
  if (found) return found;
  throw problem('CONNECTION_CLOSED', 'The connection is closed. Each run opens its own.');
}

export function closeConnection(callId: string, name: string): void {
  runs.get(callId)?.open.get(name)?.close();
  forget(callId, name);
}

/** Closes all that a run has left open. */
export function closeConnections(callId: string): void {
  const run = runs.get(callId);
  runs.delete(callId);
  for (const connection of run?.open.values() ?? []) {
    openOfAll -= 1;
    connection.close();
  }
}

/** Returns how many connections scripts hold open on this server. */
export function countConnections(): number {
  return openOfAll;
}

function forget(callId: string, name: string): void {
  if (runs.get(callId)?.open.delete(name)) openOfAll -= 1;
}
