// Loads a script, calls it, and tells the process what came of it. The last program of a context.
(inside) => {
  const { emit, stringify, parse, chain } = inside;
  // Called by this name it runs in the global scope.
  const evaluate = eval;
  const NativePromise = Promise;
  const { keys } = Object;
  const apply = Function.prototype.call.bind(Function.prototype.apply);
  const toText = String;
  const slice = Function.prototype.call.bind(String.prototype.slice);
  const lastIndexOf = Function.prototype.call.bind(String.prototype.lastIndexOf);
  const test = Function.prototype.call.bind(RegExp.prototype.test);
  const NativeSyntaxError = SyntaxError;

  /** What may follow the last brace of a function without meaning anything. */
  const nothing = /^(?:[\s;]|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*$/;
  const maxMessage = 4000;
  const maxProperties = 20;

  const modules = { __proto__: null };
  const requireModule = (name) => {
    const key = toText(name);
    if (modules[key] !== undefined) return modules[key].exports;
    const source = inside.moduleSource(key);
    if (source === undefined) {
      throw inside.errorFrom({
        message: `Cannot find module '${key}'. Scripts have no files and no process; the documentation lists the modules that they can require.`,
        code: 'MODULE_NOT_FOUND',
      });
    }
    const module = { exports: {} };
    modules[key] = module;
    try {
      const load = evaluate(
        `(function (exports, require, module, host, hostSync) {${source}\n})\n//# sourceURL=${key}`,
      );
      load(module.exports, requireModule, module, inside.host, inside.hostSync);
    } catch (error) {
      delete modules[key];
      throw error;
    }
    return module.exports;
  };
  inside.expose('require', requireModule);

  // Old scripts use these without `require`. The server sends those that a script names.
  const withoutRequire = {
    __proto__: null,
    _: 'lodash',
    bcrypt: 'bcrypt',
    crypto: 'crypto',
    jwt: 'jsonwebtoken',
    mysql: 'mysql',
    postgres: 'pg',
    querystring: 'querystring',
    request: 'request',
    uuid: 'uuid',
  };
  for (const name in withoutRequire) {
    const key = withoutRequire[name];
    Object.defineProperty(globalThis, name, {
      __proto__: null,
      get: () => (inside.moduleSource(key) === undefined ? undefined : requireModule(key)),
      set: (value) => inside.expose(name, value),
      configurable: true,
      enumerable: false,
    });
  }

  /** Returns the function to call, or `{ problem }`. */
  const load = ({ shape, source, handler }) => {
    if (shape === 'function') {
      const end = lastIndexOf(source, '}') + 1;
      const expression = test(nothing, slice(source, end)) ? slice(source, 0, end) : source;
      const made = evaluate(`(${expression}\n)\n//# sourceURL=script`);
      return typeof made === 'function' ? made : { problem: 'The script is not one function.' };
    }
    const module = { exports: {} };
    const body = evaluate(
      `(function (exports, require, module) {${source}\n})\n//# sourceURL=script`,
    );
    body(module.exports, requireModule, module);
    const made = typeof module.exports === 'function' ? module.exports : module.exports?.[handler];
    if (typeof made === 'function') return made;
    return { problem: `The script exports no function ${handler}.` };
  };

  const property = (object, name) => {
    try {
      return object[name];
    } catch {
      return undefined;
    }
  };
  const textOf = (value) => {
    try {
      return slice(toText(value), 0, maxMessage);
    } catch {
      return '';
    }
  };
  const describe = (error) => {
    if ((typeof error !== 'object' && typeof error !== 'function') || error === null) {
      return { name: 'Error', message: textOf(error), more: {} };
    }
    const name = property(error, 'name');
    const message = property(error, 'message');
    const more = { __proto__: null };
    try {
      const names = keys(error);
      for (let n = 0; n < names.length && n < maxProperties; n++) {
        if (names[n] === 'name' || names[n] === 'message') continue;
        try {
          const text = stringify(error[names[n]]);
          if (text !== undefined && text.length <= maxMessage) more[names[n]] = parse(text);
        } catch {
          // A property that cannot be read is left out.
        }
      }
    } catch {
      // A proxy may refuse to list its properties.
    }
    const described = {
      name: typeof name === 'string' ? slice(name, 0, 100) : 'Error',
      message: typeof message === 'string' ? slice(message, 0, maxMessage) : textOf(error),
      more,
    };
    if (described.message === 'process is not defined') {
      described.message += ': scripts have no process. Their settings are in `configuration`.';
    }
    return described;
  };

  /** The function of the script, made at the first run in this context. */
  let script;

  /** Cuts off what the run has left open, so that nothing of it is done in the next run. */
  const close = () => {
    const { call } = inside;
    if (call === null) return;
    call.done = true;
    inside.call = null;
    for (const id in call.pending) {
      call.pending[id].reject(inside.errorFrom({ message: 'The run has ended.' }));
    }
  };

  const start = (id, program, payload) => {
    const call = {
      __proto__: null,
      id,
      done: false,
      lines: 0,
      pending: { __proto__: null },
      timers: { __proto__: null },
      commands: '',
    };
    const end = (kind, text) => {
      if (call.done) return;
      call.done = true;
      emit('end', id, kind, text);
      close();
    };
    const returned = (values) => {
      if (call.done) return;
      let text;
      try {
        text = stringify(values);
      } catch (error) {
        end('unusable', `The result is no JSON. ${describe(error).message}`);
        return;
      }
      if (typeof text !== 'string' || text.length + call.commands.length > inside.maxTextLength) {
        end('unusable', `The result is larger than ${inside.maxTextLength} characters.`);
      } else end('returned', `{"values":${text},"commands":[${call.commands}]}`);
    };
    call.fail = (error) => {
      if (!call.done) end('failed', stringify(describe(error)));
    };
    inside.call = call;

    const { shape, source, handler, api } = program;
    const { args, globals } = parse(payload);
    for (const name of keys(globals)) inside.expose(name, globals[name]);
    if (script === undefined) {
      let made;
      try {
        made = load({ shape, source, handler });
      } catch (error) {
        if (!(error instanceof NativeSyntaxError)) throw error;
        made = { problem: `The script is no JavaScript: ${error.message}` };
      }
      if (typeof made !== 'function') {
        end('invalid', made.problem);
        return;
      }
      script = made;
    }

    const hasCallback = shape !== 'action' && script.length > args.length;
    const given = [...args];
    if (shape === 'action') {
      const command = (name, values) => {
        const text = stringify({ name: toText(name), args: values });
        if (call.done) return;
        if (call.commands.length + text.length > inside.maxTextLength) {
          throw inside.errorFrom({ message: 'The script asks for too much.' });
        }
        call.commands += (call.commands === '' ? '' : ',') + text;
      };
      const { host, hostSync } = inside;
      given[args.length] = evaluate(api)({ args, command, host, hostSync });
    } else {
      given[args.length] = (error, ...values) => {
        if (error) call.fail(error);
        else returned(values);
      };
    }
    const result = apply(script, undefined, given);
    const settle = (value) => {
      // A function that got a callback may use it later.
      if (value === undefined && hasCallback) return;
      returned(value === undefined ? [] : [value]);
    };
    if (property(result, 'then') !== undefined && typeof result.then === 'function') {
      chain(NativePromise.resolve(result), settle, call.fail);
    } else if (result !== undefined || shape === 'action') settle(result);
  };

  /** What the process calls. Texts and numbers only cross this border. */
  inside.dispatch = (kind, id, text, payload) => {
    const call = inside.call;
    try {
      if (kind === 'call') start(id, parse(text), payload);
      else if (kind === 'reply') inside.reply(id, text);
      else if (kind === 'timer') inside.timer(id);
      else close();
    } catch (error) {
      (call ?? inside.call)?.fail(error);
    }
  };
};
