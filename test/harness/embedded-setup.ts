import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { prepareTemplate } from './prepare.ts';
import { forgetStatements, sentToPostgresOnly, statementsSent } from './statements.ts';
import './provided.ts';

/** One migrated folder of the embedded database. A copy takes a twentieth of the time of a migration. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  forgetStatements('embedded');
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
  return async () => {
    remove();
    if (await isWholeRun(project)) tellMissingStatements();
  };
}

/** Returns whether all tests ran, on both databases. */
async function isWholeRun({ vitest }: TestProject): Promise<boolean> {
  const both = vitest.projects.filter(({ name }) => name === 'postgres' || name === 'embedded');
  const ran = vitest.state.getFiles();
  const isWhole = await Promise.all(
    both.map(async (project) => {
      const { testFiles } = await project.globTestFiles();
      return (
        ran.filter(({ projectName }) => projectName === project.name).length >= testFiles.length
      );
    }),
  );
  return both.length === 2 && isWhole.every(Boolean) && !vitest.config.testNamePattern;
}

/** Tells which statements only PostgreSQL got. No failure, because some are sent only when two requests happen to meet. */
function tellMissingStatements(): void {
  const textOf = (file: string) => readFileSync(file, 'utf8').replace(/\s+/g, ' ');
  const missing = sentToPostgresOnly(
    statementsSent('postgres'),
    statementsSent('embedded'),
    textOf,
  );
  if (missing.length === 0) return;
  const lines = missing.map(({ statement, file }) => `  ${file}: ${statement.slice(0, 200)}`);
  console.warn(
    `${missing.length} statements were sent to PostgreSQL alone. If one is new, add its test to test/harness/on-both.ts:\n${lines.join('\n')}`,
  );
}
