import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { startPostgres } from './postgres-server.ts';
import { prepareTemplate } from './prepare.ts';
import { forgetStatements } from './statements.ts';
import './provided.ts';

const TEMPLATE = 'usher_template';

/** One PostgreSQL for all test files, with a migrated template that each file clones. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  forgetStatements('postgres');
  const server = await startPostgres();
  try {
    const adminUrl = server.urlOf('postgres');
    const admin = new pg.Client({ connectionString: adminUrl });
    await admin.connect();
    await admin.query(`create database ${TEMPLATE}`);
    await admin.end();
    await prepareTemplate({ url: server.urlOf(TEMPLATE), dataDir: '' });
    project.provide('testDatabase', {
      kind: 'postgres',
      adminUrl,
      templateName: TEMPLATE,
      urlPrefix: server.urlOf(''),
    });
  } catch (error) {
    await server.stop();
    throw error;
  }
  return () => server.stop();
}
