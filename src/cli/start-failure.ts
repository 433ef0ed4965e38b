import { describeStartProblem } from '../platform/start-problem/start-problem.ts';
import { Failure } from './failure.ts';

/**
 * Runs what opens the database or the data folder itself, and says in one line why it can't. Other commands talk to a server: what keeps them
 * has other reasons.
 */
export async function openingHere<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const problem = error instanceof Failure ? null : describeStartProblem(error);
    throw problem === null ? error : new Failure(problem);
  }
}
