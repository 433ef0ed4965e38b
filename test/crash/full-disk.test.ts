import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, rmdir, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { eventually } from '../harness/harness.ts';
import { startKillableServer } from './killable-server.ts';

// A separate disk needs a mount, and a mount needs root.
const canMount = process.platform === 'linux' && process.getuid?.() === 0;
const isEmbedded = inject('testDatabase').kind === 'embedded';

test.runIf(canMount && isEmbedded)(
  'a full disk shows on /readyz and as 503 answers, and the server recovers once there is space',
  async () => {
    const disk = await mkdtemp(join(tmpdir(), 'usher-disk-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256m', 'tmpfs', disk]);
    const server = await startKillableServer('smtp://127.0.0.1:9', { dataDir: join(disk, 'data') });
    try {
      const ready = async () => (await fetch(`${server.url}/readyz`)).status;
      const makeUser = async (n: number) =>
        (
          await server.call('/users', {
            method: 'POST',
            body: {
              connection: 'Username-Password-Authentication',
              email: `person${n}@disk.test`,
              password: 'Correct-horse-battery-1',
              verify_email: false,
            },
          })
        ).status;
      expect(await makeUser(0)).toBe(201);

      const { bavail, bsize } = await statfs(disk);
      await writeFile(join(disk, 'filler'), Buffer.alloc(bavail * bsize - 30 * 1024 * 1024));
      await eventually(async () => ((await ready()) === 503 ? true : undefined));
      const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => makeUser(n + 1)));
      expect(new Set(answers)).toEqual(new Set([503]));
      expect((await fetch(`${server.url}/healthz`)).status).toBe(200);

      await rm(join(disk, 'filler'));
      await eventually(async () => ((await ready()) === 200 ? true : undefined));
      expect(await makeUser(1)).toBe(201);
      expect(server.hasEnded()).toBe(false);
    } finally {
      await server.close();
      execFileSync('umount', [disk]);
      await rmdir(disk);
    }
  },
);
