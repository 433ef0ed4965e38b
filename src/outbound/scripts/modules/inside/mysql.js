const EventEmitter = require('events');
const { ask, decode, encode, give, isOfEarlierRun } = require('usher:bridge');
const { escape: escapeValue, escapeId, format, raw } = require('usher:sql-escaper');

/** Reads `mysql://user:password@host:port/database?option=value`. */
function optionsOf(given) {
  if (typeof given !== 'string') return { ...given, ...(given?.uri && optionsOf(given.uri)) };
  const url = new URL(given);
  return {
    host: url.hostname,
    ...(url.port !== '' && { port: Number(url.port) }),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: url.pathname.slice(1),
    ...Object.fromEntries(
      [...url.searchParams].map(([name, value]) => [
        name,
        ['true', 'false'].includes(value) ? value === 'true' : value,
      ]),
    ),
  };
}

function queryOf(first, second, third) {
  const config = typeof first === 'string' ? { sql: first } : { ...first };
  if (second !== undefined && typeof second !== 'function') config.values = second;
  const callback = [second, third].find((each) => typeof each === 'function');
  return { config, callback };
}

/** Fills placeholders here: a script may have given values that only this side knows, such as `raw`. */
function filled({ sql, values, timezone }) {
  return values === undefined || values === null ? sql : format(sql, values, false, timezone);
}

class Connection extends EventEmitter {
  #name = null;
  #opening = null;
  #last = Promise.resolve();
  constructor(options) {
    super();
    this.config = optionsOf(options);
    this.threadId = null;
  }
  #open() {
    this.#opening ??= ask('mysql', 'connect', encode(this.config)).then((name) => {
      this.#name = name;
      this.threadId = 1;
    });
    this.#opening.catch(() => {});
    return this.#opening;
  }
  connect(first, second) {
    const callback = typeof first === 'function' ? first : second;
    const opened = this.#open();
    // Without a callback the first query reports the problem, as the package does it.
    if (callback) give(opened, callback);
    const connected = opened.then(() => this);
    connected.catch(() => {});
    return connected;
  }
  #run(config, isPrepared) {
    const done = this.#last.then(async () => {
      await this.#open();
      const sql = isPrepared ? config.sql : filled({ timezone: this.config.timezone, ...config });
      const { result, fields } = await ask(
        'mysql',
        'run',
        this.#name,
        encode({
          sql,
          isPrepared,
          values: isPrepared ? (config.values ?? []) : [],
          nestTables: config.nestTables,
          rowsAsArray: config.rowsAsArray,
        }),
      );
      const decoded = decode(result);
      if (!Array.isArray(decoded)) decoded.changedRows ??= 0;
      return [decoded, fields];
    });
    this.#last = done.catch(() => {});
    return done;
  }
  query(first, second, third) {
    const { config, callback } = queryOf(first, second, third);
    return answered(this.#run(config, false), callback);
  }
  execute(first, second, third) {
    const { config, callback } = queryOf(first, second, third);
    return answered(this.#run(config, true), callback);
  }
  beginTransaction(first, second) {
    return this.query('START TRANSACTION', typeof first === 'function' ? first : second);
  }
  commit(callback) {
    return this.query('COMMIT', callback);
  }
  rollback(callback) {
    return this.query('ROLLBACK', callback);
  }
  ping(callback) {
    return this.query('SELECT 1', callback);
  }
  end(first, second) {
    const callback = typeof first === 'function' ? first : second;
    const ended = this.#last.then(() => this.#close());
    return give(ended, callback) ?? ended;
  }
  destroy() {
    this.#close().catch(() => {});
  }
  async #close() {
    const name = this.#name;
    this.#name = null;
    if (name !== null) await ask('mysql', 'end', name);
  }
  release() {}
  escape = escapeValue;
  escapeId = escapeId;
  format = format;
}

/** A query is a promise of `[rows, fields]`, and gives the events of the old package. */
function answered(done, callback) {
  if (callback) {
    give(done, callback, true);
    done.catch(() => {});
  }
  const emitter = new EventEmitter();
  // biome-ignore lint/suspicious/noThenProperty: the package mysql2/promise gives a promise
  emitter.then = (...args) => done.then(...args);
  emitter.catch = (...args) => done.catch(...args);
  emitter.finally = (...args) => done.finally(...args);
  emitter.promise = () => done;
  const on = emitter.on;
  emitter.on = (...args) => {
    watch();
    return on.apply(emitter, args);
  };
  let isWatched = false;
  const watch = () => {
    if (isWatched) return;
    isWatched = true;
    done.then(
      ([result, fields]) => {
        emitter.emit('fields', fields);
        for (const row of [result].flat()) emitter.emit('result', row);
        emitter.emit('end');
      },
      (error) => emitter.emit('error', error),
    );
  };
  return emitter;
}

class Pool extends EventEmitter {
  constructor(options) {
    super();
    this.config = options;
    this.escape = escapeValue;
    this.escapeId = escapeId;
    this.format = format;
  }
  #idle = null;
  #make() {
    const connection = new Connection(this.config);
    connection.release = () => {};
    return connection;
  }
  getConnection(callback) {
    const connection = this.#make();
    connection.release = () => connection.destroy();
    return give(
      connection.connect().then(() => connection),
      callback,
    );
  }
  #run(method, first, second, third) {
    const { config, callback } = queryOf(first, second, third);
    const run = async () => {
      for (;;) {
        this.#idle ??= this.#make();
        const connection = this.#idle;
        try {
          return await connection[method](config).promise();
        } catch (error) {
          if (error.sqlState === undefined && this.#idle === connection) this.#idle = null;
          if (!isOfEarlierRun(error)) throw error;
        }
      }
    };
    return answered(run(), callback);
  }
  query(first, second, third) {
    return this.#run('query', first, second, third);
  }
  execute(first, second, third) {
    return this.#run('execute', first, second, third);
  }
  end(callback) {
    const ended = this.#idle ? this.#idle.end() : Promise.resolve();
    this.#idle = null;
    return give(ended, callback);
  }
  promise() {
    return this;
  }
}
Connection.prototype.promise = function promise() {
  return this;
};

/** Callable, because published examples call the package itself. */
function createConnection(options) {
  return new Connection(options);
}
const createPool = (options) => new Pool(options);

module.exports = Object.assign((options) => createConnection(options), {
  createConnection,
  createPool,
  escape: escapeValue,
  escapeId,
  format,
  raw,
});
