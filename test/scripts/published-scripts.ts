/**
 * Scripts for custom databases as Auth0 documents them ("Custom Database Action Script Templates": Login, Create, Change Password, Verify), with the same
 * calls of the same packages. Addresses and credentials are parameters.
 */
export const MONGODB = {
  login: (uri: string) => `function login(email, password, callback) {
  const bcrypt = require('bcrypt');
  const MongoClient = require('mongodb@3.1.4').MongoClient;
  const client = new MongoClient('${uri}');

  client.connect(function (err) {
    if (err) return callback(err);
    const users = client.db('db-name').collection('users');
    users.findOne({ email: email }, function (err, user) {
      if (err || !user) {
        client.close();
        return callback(err || new WrongUsernameOrPasswordError(email));
      }
      bcrypt.compare(password, user.password, function (err, isValid) {
        client.close();
        if (err || !isValid) return callback(err || new WrongUsernameOrPasswordError(email));
        return callback(null, { user_id: user._id.toString(), nickname: user.nickname, email: user.email });
      });
    });
  });
}`,
  create: (uri: string) => `function create(user, callback) {
  const bcrypt = require('bcrypt');
  const MongoClient = require('mongodb@3.1.4').MongoClient;
  const client = new MongoClient('${uri}');

  client.connect(function (err) {
    if (err) return callback(err);
    const users = client.db('db-name').collection('users');
    users.findOne({ email: user.email }, function (err, withSameMail) {
      if (err || withSameMail) {
        client.close();
        return callback(err || new Error('the user already exists'));
      }
      bcrypt.hash(user.password, 10, function (err, hash) {
        if (err) {
          client.close();
          return callback(err);
        }
        user.password = hash;
        users.insert(user, function (err, inserted) {
          client.close();
          if (err) return callback(err);
          callback(null);
        });
      });
    });
  });
}`,
  verify: (uri: string) => `function verify(email, callback) {
  const MongoClient = require('mongodb@3.1.4').MongoClient;
  const client = new MongoClient('${uri}');

  client.connect(function (err) {
    if (err) return callback(err);
    const users = client.db('db-name').collection('users');
    users.update({ email: email, email_verified: false }, { $set: { email_verified: true } }, function (err, count) {
      client.close();
      if (err) return callback(err);
      callback(null, count > 0);
    });
  });
}`,
};

export const MYSQL = {
  login: (port: number) => `function login(email, password, callback) {
  const mysql = require('mysql');
  const bcrypt = require('bcrypt');
  const connection = mysql({ host: 'localhost', port: ${port}, user: 'me', password: 'secret', database: 'mydb' });

  connection.connect();
  const query = 'SELECT id, nickname, email, password FROM users WHERE email = ?';
  connection.query(query, [ email ], function(err, results) {
    if (err) return callback(err);
    if (results.length === 0) return callback(new WrongUsernameOrPasswordError(email));
    const user = results[0];
    bcrypt.compare(password, user.password, function(err, isValid) {
      if (err || !isValid) return callback(err || new WrongUsernameOrPasswordError(email));
      callback(null, { user_id: user.id.toString(), nickname: user.nickname, email: user.email });
    });
  });
}`,
  changePassword: (port: number) => `function changePassword(email, newPassword, callback) {
  const mysql = require('mysql');
  const bcrypt = require('bcrypt');
  const connection = mysql({ host: 'localhost', port: ${port}, user: 'me', password: 'secret', database: 'mydb' });

  connection.connect();
  const query = 'UPDATE users SET password = ? WHERE email = ?';
  bcrypt.hash(newPassword, 10, function(err, hash) {
    if (err) return callback(err);
    connection.query(query, [ hash, email ], function(err, results) {
      callback(err, results && results.affectedRows > 0);
    });
  });
}`,
};

export const POSTGRES = {
  login: (address: string) => `function login(email, password, callback) {
  const bcrypt = require('bcrypt');
  const postgres = require('pg');
  const conString = '${address}';

  postgres.connect(conString, function (err, client, done) {
    if (err) return callback(err);
    const query = 'SELECT id, nickname, email, password FROM people WHERE email = $1';
    client.query(query, [email], function (err, result) {
      done();
      if (err || result.rows.length === 0) return callback(err || new WrongUsernameOrPasswordError(email));
      const user = result.rows[0];
      bcrypt.compare(password, user.password, function (err, isValid) {
        if (err || !isValid) return callback(err || new WrongUsernameOrPasswordError(email));
        return callback(null, { user_id: user.id, nickname: user.nickname, email: user.email });
      });
    });
  });
}`,
};
