import { describeStartProblem } from '../platform/start-problem/start-problem.ts';
import { Failure } from './failure.ts';

/**
 * Runs work that opens the database or the data folder itself, and turns a start problem into a one-line failure. Other commands call
 * a server and fail for other reasons.
 */
export async function reportingStartProblems<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const problem = error instanceof Failure ? null : describeStartProblem(error);
    throw problem === null ? error : new Failure(problem);
  }
}
