// The beginning of every context: the way to the server, timers and the console. What later programs and scripts use must not depend on
// built-in functions that a script may replace, so they are kept here.
(inside) => {
  const { emit, sync } = inside;
  const { stringify, parse } = JSON;
  const NativePromise = Promise;
  const NativeError = Error;
  const define = Object.defineProperty;
  const toText = String;
  const slice = Function.prototype.call.bind(String.prototype.slice);

  // Memory that is shared or that no limit counts, and a wait that stops the thread.
  for (const name of ['WebAssembly', 'SharedArrayBuffer', 'Atomics']) delete globalThis[name];

  inside.stringify = stringify;
  inside.parse = parse;
  /** The run that uses this context now, if any. */
  inside.call = null;

  /** Adds a global variable, as the built-in ones are. */
  inside.expose = (name, value) => {
    define(globalThis, name, {
      __proto__: null,
      value,
      writable: true,
      configurable: true,
      enumerable: false,
    });
  };

  inside.errorFrom = ({ name, message, code }) => {
    const error = new NativeError(message);
    if (name !== undefined && name !== 'Error') inside.set(error, 'name', name);
    if (code !== undefined) inside.set(error, 'code', code);
    return error;
  };
  inside.set = (object, name, value) =>
    define(object, name, {
      __proto__: null,
      value,
      writable: true,
      configurable: true,
      enumerable: name === 'code',
    });

  let lastId = 0;

  /** Asks the server. Resolves with what the method of the bridge returns. */
  inside.host = (bridge, method, args) =>
    new NativePromise((resolve, reject) => {
      const call = inside.call;
      if (call === null || call.done) throw new NativeError('The run has ended.');
      const text = stringify(args);
      lastId += 1;
      call.pending[lastId] = { __proto__: null, resolve, reject };
      emit('host', call.id, lastId, toText(bridge), toText(method), text);
    });

  /** Calls a function of the sandbox process and waits for its result. */
  inside.hostSync = (method, args) => {
    const { value, error } = parse(sync(toText(method), stringify(args)));
    if (error !== undefined) throw inside.errorFrom(error);
    return value;
  };

  inside.reply = (id, text) => {
    const waiting = inside.call?.pending[id];
    if (waiting === undefined) return;
    delete inside.call.pending[id];
    const { value, error } = parse(text);
    if (error === undefined) waiting.resolve(value);
    else waiting.reject(inside.errorFrom(error));
  };

  class Timeout {
    #id;
    constructor(id) {
      this.#id = id;
    }
    ref() {
      return this;
    }
    unref() {
      return this;
    }
    hasRef() {
      return true;
    }
    [Symbol.toPrimitive]() {
      return this.#id;
    }
    static idOf(timer) {
      return typeof timer === 'object' && timer !== null && #id in timer ? timer.#id : timer;
    }
  }
  const { idOf } = Timeout;
  delete Timeout.idOf;

  const startTimer = (work, ms, args, repeats) => {
    if (typeof work !== 'function') throw new TypeError('The callback must be a function.');
    const call = inside.call;
    lastId += 1;
    if (call !== null && !call.done) {
      const delay = ms >= 1 && ms <= 2147483647 ? ms : 1;
      call.timers[lastId] = { __proto__: null, work, args, repeats };
      emit('timer', call.id, lastId, +delay, repeats);
    }
    return new Timeout(lastId);
  };
  const clear = (timer) => {
    const call = inside.call;
    const id = idOf(timer);
    if (call === null || typeof id === 'symbol' || call.timers[id] === undefined) return;
    delete call.timers[id];
    emit('clear', call.id, +id);
  };
  inside.timer = (id) => {
    const timer = inside.call?.timers[id];
    if (timer === undefined) return;
    if (!timer.repeats) delete inside.call.timers[id];
    const { work } = timer;
    work(...timer.args);
  };
  inside.expose('setTimeout', (work, ms, ...args) => startTimer(work, ms, args, false));
  inside.expose('setInterval', (work, ms, ...args) => startTimer(work, ms, args, true));
  inside.expose('setImmediate', (work, ...args) => startTimer(work, 1, args, false));
  inside.expose('clearTimeout', clear);
  inside.expose('clearInterval', clear);
  inside.expose('clearImmediate', clear);
  inside.expose('queueMicrotask', (work) => {
    const call = inside.call;
    inside.chain(NativePromise.resolve(), work, (error) => call?.fail(error));
  });
  const then = Function.prototype.call.bind(NativePromise.prototype.then);
  /** Calls `failed` also for what `work` throws. */
  inside.chain = (promise, work, failed) => {
    then(then(promise, work), undefined, failed);
  };

  const shown = (value) => {
    try {
      if (typeof value === 'string') return value;
      if (typeof value === 'object' && value !== null) {
        if (value instanceof NativeError) return toText(value.stack ?? value);
        return toText(stringify(value));
      }
      return typeof value === 'function' ? '[function]' : toText(value);
    } catch {
      return '[unreadable]';
    }
  };
  const write = (level, values) => {
    const call = inside.call;
    if (call === null || call.done || call.lines === inside.maxLines) return;
    call.lines += 1;
    let text = '';
    for (let n = 0; n < values.length && text.length <= inside.maxLineLength; n++) {
      text += (n === 0 ? '' : ' ') + shown(values[n]);
    }
    emit('line', call.id, level, slice(text, 0, inside.maxLineLength));
  };
  const console = {};
  for (const level of ['log', 'info', 'warn', 'error', 'debug']) {
    console[level] = (...values) => write(level, values);
  }
  console.trace = console.debug;
  console.dir = console.log;
  inside.expose('console', console);
  inside.expose('global', globalThis);
};
