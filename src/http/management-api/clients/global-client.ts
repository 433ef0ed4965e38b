/**
 * The client that stands for all applications. Auth0 has one in every tenant, to carry a login page of the classic kind, and
 * tools look it up before they do anything else. Here it can only be found by `is_global=true`; it signs nobody in.
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
