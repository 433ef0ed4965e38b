// With a callback or a promise, the server computes. What waits is computed here, by the package bcryptjs.
const { give } = require('usher:bridge');
const inside = require('bcryptjs');

/** A salt is the beginning of a hash: only this package can start from one. */
function hash(data, saltOrRounds, callback) {
  const isSalt = typeof saltOrRounds === 'string';
  const made = isSalt
    ? Promise.resolve().then(() => inside.hashSync(text(data), saltOrRounds))
    : Promise.resolve().then(() => host('crypto', 'bcryptHash', [text(data), saltOrRounds ?? 10]));
  return give(made, typeof saltOrRounds === 'function' ? saltOrRounds : callback);
}

function compare(data, hashed, callback) {
  return give(
    Promise.resolve().then(() => host('crypto', 'bcryptCompare', [text(data), text(hashed)])),
    callback,
  );
}

function text(value) {
  if (typeof value === 'string') return value;
  if (Buffer.isBuffer(value)) return value.toString('utf8');
  throw new Error('data and hash must be strings');
}

function genSalt(rounds, minor, callback) {
  const done = [rounds, minor, callback].find((each) => typeof each === 'function');
  const made = Promise.resolve().then(() => genSaltSync(rounds));
  return give(made, done);
}
function genSaltSync(rounds) {
  return inside.genSaltSync(typeof rounds === 'number' ? rounds : 10);
}

module.exports = {
  hash,
  compare,
  genSalt,
  genSaltSync,
  hashSync: (data, saltOrRounds) => inside.hashSync(text(data), saltOrRounds ?? 10),
  compareSync: (data, hashed) => inside.compareSync(text(data), text(hashed)),
  getRounds: inside.getRounds,
};
