Buffer.allocUnsafeSlow ??= Buffer.alloc;

/** Callable without `new`, as in the oldest versions of Node. */
const Callable = new Proxy(Buffer, {
  apply: (_target, _this, [value, encoding]) =>
    typeof value === 'number' ? Buffer.alloc(value) : Buffer.from(value, encoding),
});

module.exports = {
  Buffer: Callable,
  SlowBuffer: Callable,
  kMaxLength: 2 ** 31 - 1,
  constants: { MAX_LENGTH: 2 ** 31 - 1 },
  atob: globalThis.atob,
  btoa: globalThis.btoa,
  Blob: globalThis.Blob,
};
