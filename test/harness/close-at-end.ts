const open = new Set<() => Promise<void>>();

/** Registers what must be closed when the test file ends, in case the test does not do so itself. @returns closes it, once */
export function closedAtEnd(close: () => Promise<void>): () => Promise<void> {
  const once = async () => {
    if (open.delete(once)) await close();
  };
  open.add(once);
  return once;
}

/** Closes what is open, the last first, and all of it even where something fails. @returns what failed */
export async function closeAll(): Promise<unknown[]> {
  const failures: unknown[] = [];
  for (const close of [...open].reverse()) await close().catch((error) => failures.push(error));
  return failures;
}
