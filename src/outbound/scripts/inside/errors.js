// The classes of errors with which scripts say what is wrong, as Auth0 has them.
(inside) => {
  class WrongUsernameOrPasswordError extends Error {
    /** @param identifier whom the script has found, if anybody */
    constructor(identifier, message) {
      super(message);
      this.name = 'WrongUsernameOrPasswordError';
      this.code = 'invalid_user_password';
      this.identifier = identifier;
    }
  }
  class ValidationError extends Error {
    constructor(code, message) {
      super(message);
      this.name = 'ValidationError';
      this.code = code;
    }
  }
  class UnauthorizedError extends Error {
    constructor(message) {
      super(message);
      this.name = 'UnauthorizedError';
      this.code = 'unauthorized';
    }
  }
  class PreUserRegistrationError extends Error {
    /** @param friendlyMessage what the person may read */
    constructor(message, friendlyMessage) {
      super(message);
      this.name = 'PreUserRegistrationError';
      this.friendlyMessage = friendlyMessage ?? message;
    }
  }
  inside.expose('WrongUsernameOrPasswordError', WrongUsernameOrPasswordError);
  inside.expose('ValidationError', ValidationError);
  inside.expose('UnauthorizedError', UnauthorizedError);
  inside.expose('PreUserRegistrationError', PreUserRegistrationError);
};
