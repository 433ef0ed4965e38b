import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

type Profile = {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[];
  samples: number[];
  timeDeltas: number[];
};

export type Hot = { where: string; percent: number };

/** Returns the functions with the most processor time of their own (without callees), the most first, over all profiles of a folder. */
export async function hottest(folder: string, count: number): Promise<Hot[]> {
  const names = await readdir(folder).catch(() => []);
  const time = new Map<string, number>();
  let busy = 0;
  for (const name of names.filter((candidate) => candidate.endsWith('.cpuprofile'))) {
    const profile: Profile = JSON.parse(await readFile(join(folder, name), 'utf8'));
    const labels = new Map(profile.nodes.map((node) => [node.id, labelOf(node.callFrame)]));
    for (const [index, sample] of profile.samples.entries()) {
      const label = labels.get(sample) ?? '';
      if (label === '(idle)' || label === '(program)') continue;
      const spent = profile.timeDeltas[index] ?? 0;
      busy += spent;
      time.set(label, (time.get(label) ?? 0) + spent);
    }
  }
  return [...time]
    .sort(([, a], [, b]) => b - a)
    .slice(0, count)
    .map(([where, spent]) => ({ where, percent: Math.round((spent / busy) * 1000) / 10 }));
}

const ROOT = join(import.meta.dirname, '../..');

function labelOf(frame: { functionName: string; url: string; lineNumber: number }): string {
  const { functionName, url, lineNumber } = frame;
  if (url === '') return functionName;
  const file = url.startsWith('file:') ? relative(ROOT, fileURLToPath(url)) : url;
  return `${functionName || '(anonymous)'} ${file}:${lineNumber + 1}`;
}
