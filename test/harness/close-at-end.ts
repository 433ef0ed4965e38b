const open = new Set<() => Promise<void>>();

/** Registers a resource that is closed when the test file ends, unless the test has closed it. @returns closes it, once */
export function closedAtEnd(close: () => Promise<void>): () => Promise<void> {
  const once = async () => {
    if (open.delete(once)) await close();
  };
  open.add(once);
  return once;
}

/** Closes all open resources, the last one first, even after a failure. @returns the failures */
export async function closeAll(): Promise<unknown[]> {
  const failures: unknown[] = [];
  for (const close of [...open].reverse()) await close().catch((error) => failures.push(error));
  return failures;
}
