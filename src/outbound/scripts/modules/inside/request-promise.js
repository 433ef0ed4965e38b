const request = require('request');

class StatusCodeError extends Error {
  constructor(response, options) {
    super(`${response.statusCode} - ${JSON.stringify(response.body)}`);
    this.name = 'StatusCodeError';
    Object.assign(this, {
      statusCode: response.statusCode,
      error: response.body,
      options,
      response,
    });
  }
}

async function promised(perform, first, second) {
  const options = typeof first === 'string' ? { ...second, uri: first } : first;
  const response = await perform(options);
  const isGood = response.statusCode >= 200 && response.statusCode < 300;
  if (options.simple !== false && !isGood) throw new StatusCodeError(response, options);
  if (typeof options.transform === 'function') {
    return options.transform(response.body, response, options.resolveWithFullResponse === true);
  }
  return options.resolveWithFullResponse ? response : response.body;
}

function create(from) {
  const made = (first, second) => promised(from.perform, first, second);
  for (const name of ['get', 'head', 'post', 'put', 'patch', 'delete', 'options']) {
    made[name] = (first, second) => {
      const options = typeof first === 'string' ? { ...second, uri: first } : first;
      return made({ ...options, method: name.toUpperCase() });
    };
  }
  made.del = made.delete;
  made.defaults = (more) => create(from.defaults(more));
  return made;
}

module.exports = create(request);
module.exports.errors = { StatusCodeError };
