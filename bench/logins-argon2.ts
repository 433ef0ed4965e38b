import { hash, verify } from '@node-rs/argon2';
import { answerParent } from './kit/child.ts';

// The baseline of logins.ts, in its own process: the same verification as our server's, and nothing else.

// The parameters of src/platform/password-hash. logins.ts compares them with a hash of the server's.
const OURS = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 };

answerParent<{ password: string; concurrency: number; seconds: number }>(
  async ({ password, concurrency, seconds }) => {
    const phc = await hash(password, OURS);
    let verified = 0;
    const began = performance.now();
    const until = began + seconds * 1000;
    const work = async () => {
      while (performance.now() < until) {
        if (!(await verify(phc, password))) throw new Error('The password does not match.');
        verified++;
      }
    };
    await Promise.all(Array.from({ length: concurrency }, work));
    return { perSecond: (verified * 1000) / (performance.now() - began), phc };
  },
);
