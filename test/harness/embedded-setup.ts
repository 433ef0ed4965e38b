import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { prepareTemplate } from './prepare.ts';
import './provided.ts';

/** One migrated folder of the embedded database. A copy takes a twentieth of the time of a migration. */
export async function setup(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'usher-embedded-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const templateDir = join(folder, 'database');
    await prepareTemplate({ url: undefined, dataDir: templateDir });
    project.provide('testDatabase', { kind: 'embedded', templateDir });
  } catch (error) {
    remove();
    throw error;
  }
  return remove;
}
