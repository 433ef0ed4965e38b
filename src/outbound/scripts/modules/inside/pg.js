const EventEmitter = require('events');
const { ask, decode, encode, give, isOfEarlierRun } = require('usher:bridge');

/** Reads the arguments of `query`: a text with values, or an object, and perhaps a callback. */
function queryOf(first, second, third) {
  const config = typeof first === 'string' ? { text: first } : { ...first };
  if (Array.isArray(second)) config.values = second;
  const callback = [second, third, config.callback].find((each) => typeof each === 'function');
  return { config, callback };
}

function shape({ rows, fields, rowCount, command }) {
  return { command, rowCount, oid: null, rows: decode(rows), fields };
}

class Client extends EventEmitter {
  #options;
  #name = null;
  #last = Promise.resolve();
  constructor(options) {
    super();
    this.#options = typeof options === 'string' ? { connectionString: options } : { ...options };
    this.#options = { ...this.#options, ssl: this.#options.ssl ?? null };
  }
  connect(callback) {
    const opened = ask('pg', 'connect', encode(this.#options)).then((name) => {
      this.#name = name;
      return this;
    });
    this.#last = opened.catch(() => {});
    return give(opened, callback);
  }
  query(first, second, third) {
    const { config, callback } = queryOf(first, second, third);
    // One after the other, as the driver does it. The first waits for the connection.
    const done = this.#last.then(async () => {
      if (this.#name === null) throw new Error('The client is not connected.');
      const { text, values, rowMode, name } = config;
      return shape(
        await ask('pg', 'run', this.#name, encode({ text, values: values ?? [], rowMode, name })),
      );
    });
    this.#last = done.catch(() => {});
    return give(done, callback);
  }
  end(callback) {
    const ended = this.#last.then(async () => {
      const name = this.#name;
      this.#name = null;
      if (name !== null) await ask('pg', 'end', name);
    });
    return give(ended, callback);
  }
  release() {}
}

class Pool extends EventEmitter {
  #options;
  #idle = [];
  #open = 0;
  #waiting = [];
  #most;
  constructor(options = {}) {
    super();
    this.#options = options;
    this.#most = Math.min(Math.max(1, Number(options.max ?? options.poolSize) || 4), 4);
  }
  async #take() {
    for (;;) {
      const idle = this.#idle.pop();
      if (idle) return idle;
      if (this.#open < this.#most) break;
      await new Promise((resolve) => this.#waiting.push(resolve));
    }
    this.#open += 1;
    const client = new Client(this.#options);
    try {
      await client.connect();
      return client;
    } catch (error) {
      this.#lose();
      throw error;
    }
  }
  #lose() {
    this.#open -= 1;
    this.#waiting.shift()?.();
  }
  #giveBack(client, isBroken) {
    if (isBroken) {
      this.#lose();
      client.end().catch(() => {});
      return;
    }
    this.#idle.push(client);
    this.#waiting.shift()?.();
  }
  connect(callback) {
    const taken = this.#take().then((client) => {
      let isReleased = false;
      client.release = (isBroken) => {
        if (isReleased) return;
        isReleased = true;
        this.#giveBack(client, Boolean(isBroken));
      };
      return client;
    });
    if (typeof callback !== 'function') return taken;
    return give(
      taken.then((client) => [client, client.release]),
      callback,
      true,
    );
  }
  query(first, second, third) {
    const { config, callback } = queryOf(first, second, third);
    return give(this.#query(config), callback);
  }
  async #query(config) {
    for (;;) {
      const client = await this.#take();
      try {
        const result = await client.query(config);
        this.#giveBack(client, false);
        return result;
      } catch (error) {
        this.#giveBack(client, error.severity === undefined);
        if (!isOfEarlierRun(error)) throw error;
      }
    }
  }
  end(callback) {
    const ended = Promise.all(this.#idle.splice(0).map((client) => client.end())).then(() => {});
    return give(ended, callback);
  }
  get totalCount() {
    return this.#open;
  }
  get idleCount() {
    return this.#idle.length;
  }
}

/** The interface of versions before 7: a shared pool, whose clients are given back with `done`. */
function connect(options, callback) {
  const client = new Client(options);
  client.connect((error) => {
    if (error) callback(error, undefined, () => {});
    else callback(null, client, () => client.end(() => {}));
  });
}

/** Callable, because the oldest published examples call the package itself. */
module.exports = Object.assign((options, callback) => connect(options, callback), {
  Client,
  Pool,
  connect,
  end() {},
  defaults: {},
  types: { setTypeParser() {}, getTypeParser: () => (value) => value, builtins: {} },
});
