const EventEmitter = require('events');
const { ask, give, isOfEarlierRun } = require('usher:bridge');
const { ObjectId, ObjectID, Long, Binary, toExtended, fromExtended } = require('usher:bson');

/** The last argument that is a function, and the others. */
function argumentsOf(args) {
  const index = args.findIndex((each) => typeof each === 'function');
  return index < 0
    ? { given: args, callback: undefined }
    : { given: args.slice(0, index), callback: args[index] };
}

/** Makes a method that takes a callback, or returns a promise. */
function method(work) {
  return function called(...args) {
    const { given, callback } = argumentsOf(args);
    return give(
      Promise.resolve().then(() => work.apply(this, given)),
      callback,
    );
  };
}

/** What older versions have given counts as its number: published scripts compare it with 0. */
function counted(result, number) {
  return Object.defineProperty(result, 'valueOf', { value: () => number, enumerable: false });
}

function checkWrites({ writeErrors, writeConcernError }) {
  const [first] = writeErrors ?? [];
  const problem = first ?? writeConcernError;
  if (problem === undefined) return;
  const error = Object.assign(new Error(problem.errmsg), { code: problem.code, writeErrors });
  error.name = 'MongoServerError';
  throw error;
}

class Cursor {
  #collection;
  #command;
  #found = null;
  constructor(collection, command) {
    this.#collection = collection;
    this.#command = command;
  }
  #with(name, value) {
    this.#command[name] = value;
    return this;
  }
  sort(key, direction) {
    const order =
      typeof key === 'string'
        ? { [key]: direction ?? 1 }
        : Object.fromEntries(Array.isArray(key) ? key : Object.entries(key));
    return this.#with('sort', order);
  }
  limit(count) {
    return this.#with('limit', count);
  }
  skip(count) {
    return this.#with('skip', count);
  }
  project(projection) {
    return this.#with('projection', projection);
  }
  maxTimeMS(ms) {
    return this.#with('maxTimeMS', ms);
  }
  async #all() {
    this.#found ??= (await this.#collection.run(this.#command)).documents;
    return this.#found;
  }
  toArray = method(async () => [...(await this.#all())]);
  next = method(async () => (await this.#all()).shift() ?? null);
  hasNext = method(async () => (await this.#all()).length > 0);
  count = method(async () => (await this.#all()).length);
  forEach(each, done) {
    const ended = this.#all().then((all) => {
      for (const one of all) each(one);
    });
    return give(ended, done);
  }
  each(callback) {
    this.#all().then(
      (all) =>
        queueMicrotask(() => {
          for (const one of [...all, null]) callback(null, one);
        }),
      (error) => queueMicrotask(() => callback(error)),
    );
  }
  async *[Symbol.asyncIterator]() {
    yield* await this.#all();
  }
  close = method(async () => {});
}

const updateOf = (q, u, { upsert = false, multi = false }) => ({ q, u, upsert, multi });

class Collection {
  constructor(database, name) {
    this.db = database;
    this.collectionName = name;
  }
  run(command) {
    return this.db.command(command);
  }
  find(filter = {}, options = {}) {
    const { projection, fields, sort, limit, skip } = options ?? {};
    const command = { find: this.collectionName, filter: filter ?? {} };
    for (const [name, value] of Object.entries({
      projection: projection ?? fields,
      sort,
      limit,
      skip,
    })) {
      if (value !== undefined) command[name] = value;
    }
    return new Cursor(this, command);
  }
  aggregate(pipeline) {
    return new Cursor(this, { aggregate: this.collectionName, pipeline, cursor: {} });
  }
  async #update(filter, change, options) {
    const { n, nModified, upserted, ...answer } = await this.run({
      update: this.collectionName,
      updates: [updateOf(filter, change, options ?? {})],
    });
    checkWrites(answer);
    const upsertedId = upserted?.[0]?._id ?? null;
    const matchedCount = upsertedId === null ? n : 0;
    return counted(
      {
        acknowledged: true,
        matchedCount,
        modifiedCount: nModified,
        upsertedId,
        upsertedCount: upsertedId === null ? 0 : 1,
        result: { n, nModified, ok: 1 },
      },
      n,
    );
  }
  async #insert(documents) {
    for (const each of documents) each._id ??= new ObjectId();
    const { n, ...answer } = await this.run({ insert: this.collectionName, documents });
    checkWrites(answer);
    const insertedIds = Object.fromEntries(documents.map(({ _id }, index) => [index, _id]));
    return {
      acknowledged: true,
      insertedCount: n,
      insertedIds,
      ops: documents,
      result: { n, ok: 1 },
    };
  }
  async #delete(filter, limit) {
    const { n, ...answer } = await this.run({
      delete: this.collectionName,
      deletes: [{ q: filter ?? {}, limit }],
    });
    checkWrites(answer);
    return counted({ acknowledged: true, deletedCount: n, result: { n, ok: 1 } }, n);
  }
  async #change(filter, more) {
    const command = { findAndModify: this.collectionName, query: filter, ...more };
    return (await this.run(command)).value ?? null;
  }
  findOne = method(async function findOne(filter, options) {
    return (await this.find(filter, { ...options, limit: 1 }).next()) ?? null;
  });
  insertOne = method(async (document) => {
    const done = await this.#insert([document]);
    return { ...done, insertedId: done.insertedIds[0] };
  });
  insertMany = method((documents) => this.#insert(documents));
  insert = method((documents) => this.#insert([documents].flat()));
  save = method((document) =>
    document._id === undefined
      ? this.#insert([document])
      : this.#update({ _id: document._id }, document, { upsert: true }),
  );
  updateOne = method((filter, change, options) => this.#update(filter, change, options));
  updateMany = method((filter, change, options) =>
    this.#update(filter, change, { ...options, multi: true }),
  );
  update = method((filter, change, options) => this.#update(filter, change, options));
  replaceOne = method((filter, document, options) => this.#update(filter, document, options));
  deleteOne = method((filter) => this.#delete(filter, 1));
  deleteMany = method((filter) => this.#delete(filter, 0));
  remove = method((filter, options) =>
    this.#delete(filter, options?.justOne || options?.single ? 1 : 0),
  );
  findOneAndUpdate = method(async (filter, update, options = {}) => {
    const isNew = options.returnDocument === 'after' || options.returnOriginal === false;
    const value = await this.#change(filter, {
      update,
      new: isNew,
      upsert: options.upsert === true,
    });
    return options.includeResultMetadata === false ? value : { value, ok: 1 };
  });
  findOneAndDelete = method(async (filter) => ({
    value: await this.#change(filter, { remove: true }),
    ok: 1,
  }));
  countDocuments = method(
    async (query = {}) => (await this.run({ count: this.collectionName, query })).n,
  );
  count = method(async (query = {}) => (await this.run({ count: this.collectionName, query })).n);
  distinct = method(
    async (key, query = {}) =>
      (await this.run({ distinct: this.collectionName, key, query })).values,
  );
}

class Db {
  #client;
  constructor(client, name) {
    this.#client = client;
    this.databaseName = name;
  }
  collection(name, ...rest) {
    const made = new Collection(this, name);
    const { callback } = argumentsOf(rest);
    if (callback) queueMicrotask(() => callback(null, made));
    return made;
  }
  command = method((command) => this.#client.run(this.databaseName, command));
  db(name) {
    return this.#client.db(name);
  }
  close(...args) {
    return this.#client.close(...args);
  }
}

class MongoClient extends EventEmitter {
  #uri;
  #name = null;
  #opening = null;
  #isClosed = false;
  constructor(uri) {
    super();
    this.#uri = uri;
  }
  static connect(uri, ...rest) {
    const { callback } = argumentsOf(rest);
    return give(new MongoClient(uri).connect(), callback);
  }
  #open() {
    this.#isClosed = false;
    this.#opening ??= ask('mongodb', 'connect', { uri: String(this.#uri) }).then(
      (name) => {
        this.#name = name;
      },
      (error) => {
        this.#opening = null;
        throw error;
      },
    );
    return this.#opening;
  }
  connect = method(async () => {
    await this.#open();
    return this;
  });
  async run(database, command) {
    if (this.#isClosed) throw new Error('Client must be connected before running operations');
    for (;;) {
      await this.#open();
      const asked = { database: database ?? null, command: toExtended(command) };
      try {
        return fromExtended(await ask('mongodb', 'run', this.#name, asked));
      } catch (error) {
        this.#opening = isOfEarlierRun(error) ? null : this.#opening;
        if (!isOfEarlierRun(error)) throw error;
      }
    }
  }
  db(name) {
    return new Db(this, name ?? null);
  }
  /** Clients of version 2 were databases. */
  collection(name, ...rest) {
    return this.db().collection(name, ...rest);
  }
  isConnected() {
    return this.#name !== null;
  }
  close = method(async () => {
    const name = this.#name;
    [this.#name, this.#opening, this.#isClosed] = [null, null, true];
    if (name !== null) await ask('mongodb', 'end', name);
  });
}

module.exports = { MongoClient, ObjectId, ObjectID, Long, Binary, Db, Collection };
module.exports.connect = MongoClient.connect;
