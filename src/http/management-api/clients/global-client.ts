/**
 * The client that stands for all applications. Auth0 has one in every tenant, which carries the login page of the classic
 * experience. Tools look it up before they do anything else. In Usher, only `is_global=true` finds it, and nobody signs in
 * with it.
 */
export const GLOBAL_CLIENT = {
  name: 'All Applications',
  client_id: 'AllApplicationsOfThisServer00000',
  global: true,
  is_first_party: true,
  oidc_conformant: true,
  custom_login_page_on: false,
  callbacks: [],
  allowed_logout_urls: [],
  grant_types: [],
};
