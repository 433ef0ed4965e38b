module.exports = Object.assign((url, init) => fetch(url, init), {
  Headers: globalThis.Headers,
  Request: globalThis.Request,
  Response: globalThis.Response,
  FormData: globalThis.FormData,
});
module.exports.default = module.exports;
