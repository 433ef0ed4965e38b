import { createScriptRunner } from '../src/outbound/scripts/scripts.ts';
import { createEgress } from '../src/platform/egress/egress.ts';
import { below, type Context, type Result, told } from './kit/benchmark.ts';
import { median, percentile } from './kit/statistics.ts';

const SOURCE = `function login(email, password, callback) {
  callback(null, { user_id: '1', email: email, name: configuration.NAME });
}`;
const WARM = 500;
const COLD = 40;
const TOGETHER = 16;

/**
 * Measures what running a script costs beside its own work: the first run of the server, which starts a process; the first run of a script,
 * which makes an isolate; and a run of a script that ran just before.
 */
export async function run(context: Context): Promise<Result[]> {
  const runner = createScriptRunner({ egress: createEgress({ allow: [] }) });
  const timed = async (owner: string) => {
    const began = performance.now();
    const outcome = await runner.run({
      owner,
      source: SOURCE,
      shape: 'function',
      args: ['ann@example.com', 'secret'],
      globals: { configuration: { NAME: 'Ann' } },
    });
    if (outcome.kind !== 'returned') throw new Error(JSON.stringify(outcome));
    return performance.now() - began;
  };
  try {
    context.say('scripts');
    const first = await timed('first');
    const cold: number[] = [];
    for (let n = 0; n < COLD; n++) cold.push(await timed(`cold-${n}`));
    const warm: number[] = [];
    for (let n = 0; n < WARM; n++) warm.push(await timed('warm'));
    const began = performance.now();
    await Promise.all(
      Array.from({ length: TOGETHER }, async (_, lane) => {
        for (let n = 0; n < WARM / 5; n++) await timed(`lane-${lane}`);
      }),
    );
    const seconds = (performance.now() - began) / 1000;
    const details = (times: number[]) => ({ runs: times.length, p90: percentile(times, 90) });
    return [
      told({ what: 'the first script of a server', unit: 'ms', ours: first, details: {} }),
      below(
        { what: 'a script, cold (p50)', unit: 'ms', ours: median(cold), details: details(cold) },
        50,
      ),
      below(
        { what: 'a script, warm (p50)', unit: 'ms', ours: median(warm), details: details(warm) },
        5,
      ),
      told({
        what: `${TOGETHER} scripts at once, warm`,
        unit: 'runs/s',
        ours: (TOGETHER * (WARM / 5)) / seconds,
        details: { seconds },
      }),
    ];
  } finally {
    await runner.close();
  }
}
