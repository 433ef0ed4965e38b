/** Asks people for their company at the first login that finds none. The secrets are SECRET and PAGE, the address of the page. */
exports.onExecutePostLogin = async (event, api) => {
  if (event.user.user_metadata.company || !api.redirect.canRedirect()) return;
  const token = api.redirect.encodeToken({
    secret: event.secrets.SECRET,
    expiresInSeconds: 300,
    payload: { email: event.user.email },
  });
  api.redirect.sendUserTo(event.secrets.PAGE, { query: { session_token: token } });
};

exports.onContinuePostLogin = async (event, api) => {
  const { company } = api.redirect.validateToken({ secret: event.secrets.SECRET });
  api.user.setUserMetadata('company', company);
};
