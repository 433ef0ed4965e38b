import type { PGlite } from '@electric-sql/pglite';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely';

/**
 * Connects Kysely to PGlite. PGlite has one session, so one user at a time gets the connection. With the library's own dialect a query of
 * another request would run inside any open transaction (docs/decisions/0003).
 */
export class EmbeddedDialect implements Dialect {
  readonly #pglite: PGlite;
  readonly #connection: DatabaseConnection;
  #last: Promise<void> = Promise.resolve();
  #release: () => void = () => {};

  constructor(pglite: PGlite) {
    this.#pglite = pglite;
    this.#connection = {
      async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
        const { rows, affectedRows } = await pglite.query<R>(query.sql, [...query.parameters]);
        return { rows, numAffectedRows: BigInt(affectedRows ?? 0) };
      },
      // biome-ignore lint/correctness/useYield: Kysely requires a generator; pages are read in batches instead.
      async *streamQuery() {
        throw new Error('The embedded database does not stream: read in batches.');
      },
    };
  }

  createAdapter() {
    return new PostgresAdapter();
  }

  createQueryCompiler() {
    return new PostgresQueryCompiler();
  }

  createIntrospector(db: ConstructorParameters<typeof PostgresIntrospector>[0]) {
    return new PostgresIntrospector(db);
  }

  /** Runs one statement with values, or several statements without values. */
  async execute(text: string, values?: unknown[]) {
    await this.#acquire();
    try {
      if (values?.length) {
        return { rows: (await this.#pglite.query<Record<string, unknown>>(text, values)).rows };
      }
      const results = await this.#pglite.exec(text);
      return { rows: results.flatMap((result) => result.rows) };
    } catch (error) {
      // A failed text with its own BEGIN leaves the session in an aborted transaction.
      await this.#pglite.exec('rollback').catch(() => {});
      throw error;
    } finally {
      this.#release();
    }
  }

  async #acquire(): Promise<void> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    await before;
    this.#release = resolve;
  }

  createDriver(): Driver {
    const run = (statement: string) => async (connection: DatabaseConnection) => {
      await connection.executeQuery(CompiledQuery.raw(statement));
    };
    return {
      init: async () => {},
      acquireConnection: async () => {
        await this.#acquire();
        return this.#connection;
      },
      releaseConnection: async () => this.#release(),
      beginTransaction: run('begin'),
      commitTransaction: run('commit'),
      rollbackTransaction: run('rollback'),
      destroy: async () => {
        await this.#acquire();
        if (!this.#pglite.closed) await this.#pglite.close();
        this.#release();
      },
    };
  }
}
