// Enough for packages that inherit from Stream. Nothing in an isolate needs back pressure.
const EventEmitter = require('events');

function Stream() {
  EventEmitter.call(this);
}
Object.setPrototypeOf(Stream.prototype, EventEmitter.prototype);
Object.setPrototypeOf(Stream, EventEmitter);
Stream.prototype.pipe = function pipe(to) {
  this.on('data', (chunk) => to.write(chunk));
  this.on('end', () => to.end());
  return to;
};
const kinds = ['Readable', 'Writable', 'Duplex', 'Transform', 'PassThrough'];
for (const kind of kinds) {
  Stream[kind] = function Kind() {
    Stream.call(this);
  };
  Object.setPrototypeOf(Stream[kind].prototype, Stream.prototype);
}
Stream.Stream = Stream;
module.exports = Stream;
