module.exports = {
  Buffer,
  SlowBuffer: Buffer,
  kMaxLength: 2 ** 31 - 1,
  constants: { MAX_LENGTH: 2 ** 31 - 1 },
  atob: globalThis.atob,
  btoa: globalThis.btoa,
  Blob: globalThis.Blob,
};
