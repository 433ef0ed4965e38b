function EventEmitter() {
  EventEmitter.init.call(this);
}
EventEmitter.init = function init() {
  if (!Object.hasOwn(this, '_events')) this._events = new Map();
};
const listenersOf = (emitter, name) => {
  EventEmitter.init.call(emitter);
  return emitter._events.get(name) ?? [];
};
Object.assign(EventEmitter.prototype, {
  on(name, listener) {
    const before = listenersOf(this, name);
    this._events.set(name, [...before, listener]);
    return this;
  },
  prependListener(name, listener) {
    const before = listenersOf(this, name);
    this._events.set(name, [listener, ...before]);
    return this;
  },
  once(name, listener) {
    const once = (...args) => {
      this.removeListener(name, once);
      return listener.apply(this, args);
    };
    once.listener = listener;
    return this.on(name, once);
  },
  removeListener(name, listener) {
    const all = listenersOf(this, name);
    const index = all.findLastIndex((each) => each === listener || each.listener === listener);
    if (index >= 0) this._events.set(name, all.toSpliced(index, 1));
    return this;
  },
  removeAllListeners(name) {
    EventEmitter.init.call(this);
    if (name === undefined) this._events.clear();
    else this._events.delete(name);
    return this;
  },
  emit(name, ...args) {
    const all = listenersOf(this, name);
    if (all.length === 0) {
      if (name === 'error')
        throw args[0] instanceof Error ? args[0] : new Error('Unhandled error.');
      return false;
    }
    for (const listener of all) listener.apply(this, args);
    return true;
  },
  listeners(name) {
    return listenersOf(this, name).map((each) => each.listener ?? each);
  },
  listenerCount(name) {
    return listenersOf(this, name).length;
  },
  eventNames() {
    EventEmitter.init.call(this);
    return [...this._events.keys()].filter((name) => this._events.get(name).length > 0);
  },
  setMaxListeners() {
    return this;
  },
});
EventEmitter.prototype.addListener = EventEmitter.prototype.on;
EventEmitter.prototype.off = EventEmitter.prototype.removeListener;
EventEmitter.once = (emitter, name) =>
  new Promise((resolve, reject) => {
    const failed = (error) => {
      emitter.removeListener(name, done);
      reject(error);
    };
    const done = (...args) => {
      emitter.removeListener('error', failed);
      resolve(args);
    };
    emitter.once(name, done);
    if (name !== 'error') emitter.once('error', failed);
  });
EventEmitter.EventEmitter = EventEmitter;
EventEmitter.defaultMaxListeners = 10;
module.exports = EventEmitter;
