const mysql = require('mysql');

module.exports = {
  ...mysql,
  async createConnection(options) {
    const connection = mysql.createConnection(options);
    await connection.connect();
    return connection;
  },
};
