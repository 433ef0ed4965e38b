/**
 * Does one piece of work after another. A piece is a transaction of its own, so a run that is cut off leaves whole pieces behind.
 * @param runPiece does the next piece; returns `false` if this worker has nothing more to do
 * @param signal is aborted when the node stops or the task's time is over
 * @returns `false` if the signal ended the run
 */
export async function runPieces(
  runPiece: () => Promise<boolean>,
  signal?: AbortSignal,
): Promise<boolean> {
  while (!signal?.aborted) if (!(await runPiece())) return true;
  return false;
}
