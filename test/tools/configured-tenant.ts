import type { TestServer } from '../harness/harness.ts';

export const PAGE_TEMPLATE = `<!DOCTYPE html><html lang="{{ locale }}"><head>
{%- auth0:head -%}
<style>body { background: {{ branding.colors.page_background }}; }</style></head>
<body class="_widget-auto-layout">{%- auth0:widget -%}<footer>{{ tenant.friendly_name }}</footer></body></html>`;

export const THEME = {
  displayName: 'Meadow at night',
  borders: {
    button_border_radius: 3,
    button_border_weight: 1,
    buttons_style: 'pill',
    input_border_radius: 3,
    input_border_weight: 1,
    inputs_style: 'rounded',
    show_widget_shadow: true,
    widget_border_weight: 0,
    widget_corner_radius: 14,
  },
  colors: {
    base_focus_color: '#8be0c8',
    base_hover_color: '#000000',
    body_text: '#e8f0ec',
    captcha_widget_theme: 'auto',
    error: '#ff9c9c',
    header: '#ffffff',
    icons: '#a9b5b0',
    input_background: '#10201a',
    input_border: '#557065',
    input_filled_text: '#ffffff',
    input_labels_placeholders: '#a9c5ba',
    links_focused_components: '#8be0c8',
    primary_button: '#8be0c8',
    primary_button_label: '#06251b',
    secondary_button_border: '#557065',
    secondary_button_label: '#e8f0ec',
    success: '#8be0c8',
    widget_background: '#16271f',
    widget_border: '#2d4338',
  },
  fonts: {
    body_text: { bold: false, size: 87.5 },
    buttons_text: { bold: true, size: 100 },
    font_url: '',
    input_labels: { bold: false, size: 100 },
    links: { bold: true, size: 87.5 },
    links_style: 'normal',
    reference_text_size: 16,
    subtitle: { bold: false, size: 87.5 },
    title: { bold: true, size: 150 },
  },
  page_background: {
    background_color: '#0b1712',
    background_image_url: '',
    page_layout: 'center',
  },
  widget: {
    header_text_alignment: 'center',
    logo_height: 52,
    logo_position: 'center',
    logo_url: '',
    social_buttons_layout: 'bottom',
  },
};

type Made = { id: string; client_id: string };

/** Fills a server with an example of everything that can be exported. */
export async function configureTenant(server: TestServer): Promise<void> {
  const call = async (method: string, path: string, body?: unknown): Promise<Made> => {
    const answer = await server.api<Made>(method, `/api/v2${path}`, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.body;
  };
  await call('PATCH', '/tenants/settings', {
    friendly_name: 'Meadow',
    support_email: 'help@meadow.test',
    support_url: 'https://meadow.test/help',
    picture_url: 'https://cdn.meadow.test/logo.png',
    enabled_locales: ['en', 'de'],
    session_lifetime: 100,
    idle_session_lifetime: 50,
    flags: {
      enforce_client_authentication_on_passwordless_start: true,
      enable_client_connections: false,
    },
    allowed_logout_urls: ['https://meadow.test/bye'],
    sandbox_version: '22',
    device_flow: { charset: 'base20', mask: '****-****' },
    oidc_logout: { rp_logout_end_session_endpoint_discovery: true },
  });
  await call('PATCH', '/branding', {
    colors: { primary: '#1f7a5c', page_background: '#f0f4f1' },
    logo_url: 'https://cdn.meadow.test/logo.png',
    favicon_url: 'https://cdn.meadow.test/favicon.ico',
    font: { url: 'https://cdn.meadow.test/meadow.woff2' },
  });
  await call('POST', '/branding/themes', THEME);
  await call('PUT', '/branding/templates/universal-login', { template: PAGE_TEMPLATE });
  await call('POST', '/custom-domains', {
    domain: 'login.meadow.test',
    type: 'self_managed_certs',
    domain_metadata: { region: 'north' },
  });
  await call('PATCH', '/prompts', { universal_login_experience: 'new', identifier_first: false });
  await call('PUT', '/prompts/login/custom-text/en', {
    login: { title: 'Welcome to the meadow', buttonText: 'Come in' },
  });
  await call('PUT', '/prompts/signup/custom-text/de', { signup: { title: 'Willkommen' } });
  await call('PUT', '/prompts/login/partials', {
    login: { 'form-content-end': '<p>Closed on Sundays.</p>' },
  });
  await call('POST', '/emails/provider', {
    name: 'smtp',
    enabled: true,
    default_from_address: 'meadow@meadow.test',
    credentials: {
      smtp_host: 'smtp.meadow.test',
      smtp_port: 587,
      smtp_user: 'meadow',
      smtp_pass: 'over-the-hills',
    },
  });
  await call('POST', '/email-templates', {
    template: 'verify_email',
    body: '<html><body>Hello {{ user.name }}: {{ url }}</body></html>',
    from: 'Meadow <meadow@meadow.test>',
    subject: 'Is this you?',
    syntax: 'liquid',
    resultUrl: 'https://meadow.test/verified',
    urlLifetimeInSeconds: 86_400,
    includeEmailInRedirect: false,
    enabled: true,
  });
  await call('POST', '/email-templates', {
    template: 'welcome_email',
    body: '<html><body>Welcome</body></html>',
    from: '',
    subject: 'Welcome',
    syntax: 'liquid',
    resultUrl: '',
    urlLifetimeInSeconds: 432_000,
    enabled: false,
  });
  await call('POST', '/connections', {
    name: 'Legacy',
    strategy: 'auth0',
    options: {
      enabledDatabaseCustomization: true,
      import_mode: true,
      enable_script_context: true,
      // The tool writes it into every database.
      disable_self_service_change_password: false,
      configuration: { API_KEY: 'a-key-of-the-legacy-store' },
      customScripts: {
        login: 'function login(email, password, context, callback) {\n  callback(null);\n}\n',
        get_user: 'function getByEmail(email, context, callback) {\n  callback(null);\n}\n',
      },
    },
  });
  await call('POST', '/resource-servers', {
    identifier: 'https://api.meadow.test',
    name: 'Meadow API',
    scopes: [
      { value: 'read:flowers', description: 'Look at flowers' },
      { value: 'pick:flowers', description: 'Pick flowers' },
    ],
    token_lifetime: 3600,
    allow_offline_access: true,
    enforce_policies: true,
    token_dialect: 'access_token_authz',
  });
  const web = await call('POST', '/clients', {
    name: 'Meadow Web',
    description: 'The shop',
    app_type: 'regular_web',
    callbacks: ['https://meadow.test/callback'],
    allowed_logout_urls: ['https://meadow.test'],
    initiate_login_uri: 'https://meadow.test/login',
    client_metadata: { team: 'shop' },
    oidc_conformant: true,
  });
  await call('POST', '/clients', {
    name: 'Meadow SPA',
    app_type: 'spa',
    callbacks: ['https://app.meadow.test'],
    web_origins: ['https://app.meadow.test'],
    grant_types: ['authorization_code', 'refresh_token'],
    oidc_conformant: true,
  });
  const gardener = await call('POST', '/clients', {
    name: 'Gardener',
    app_type: 'non_interactive',
    grant_types: ['client_credentials'],
  });
  await call('POST', '/client-grants', {
    client_id: gardener.client_id,
    audience: 'https://api.meadow.test',
    scope: ['read:flowers'],
  });
  // The tool writes this default of its own, so it is here from the beginning.
  const SELF_SERVICE = { disable_self_service_change_password: false };
  type Store = { id: string; options: object };
  const [store] = (await server.api<Store[]>('GET', '/api/v2/connections?strategy=auth0')).body;
  await call('PATCH', `/connections/${store?.id}`, {
    options: { ...store?.options, ...SELF_SERVICE, passwordPolicy: 'fair' },
  });
  const staff = await call('POST', '/connections', {
    name: 'Staff',
    strategy: 'auth0',
    enabled_clients: [web.client_id],
    options: {
      passwordPolicy: 'good',
      disable_signup: true,
      requires_username: true,
      brute_force_protection: true,
      password_history: { enable: true, size: 3 },
      ...SELF_SERVICE,
    },
  });
  const role = await call('POST', '/roles', { name: 'Picker', description: 'Picks flowers' });
  await call('POST', `/roles/${role.id}/permissions`, {
    permissions: [
      { resource_server_identifier: 'https://api.meadow.test', permission_name: 'pick:flowers' },
    ],
  });
  await call('POST', '/organizations', {
    name: 'north-field',
    display_name: 'North Field',
    branding: {
      logo_url: 'https://cdn.meadow.test/north.png',
      colors: { primary: '#123456', page_background: '#ffffff' },
    },
    metadata: { plan: 'gold' },
    enabled_connections: [{ connection_id: staff.id, assign_membership_on_login: true }],
  });
  await call('PUT', '/guardian/factors/otp', { enabled: true });
  await call('PUT', '/guardian/factors/sms', { enabled: true });
  await call('PUT', '/guardian/policies', ['all-applications']);
  await call('PATCH', '/attack-protection/brute-force-protection', {
    enabled: true,
    shields: ['block', 'user_notification'],
    allowlist: ['192.0.2.7'],
    mode: 'count_per_identifier',
    max_attempts: 7,
  });
  await call('PATCH', '/attack-protection/suspicious-ip-throttling', {
    enabled: true,
    shields: ['block'],
  });
  await configurePrograms(call, web.client_id);
}

type Call = (method: string, path: string, body?: unknown) => Promise<Made>;

/** Scripts of a custom database, actions, rules and hooks. */
async function configurePrograms(call: Call, clientId: string): Promise<void> {
  await call('POST', '/connections', {
    name: 'Old-Shop',
    strategy: 'auth0',
    enabled_clients: [clientId],
    options: {
      enabledDatabaseCustomization: true,
      import_mode: true,
      passwordPolicy: 'good',
      disable_self_service_change_password: false,
      customScripts: {
        login: 'function login(email, password, callback) {\n  callback(null, null);\n}\n',
        get_user: 'function getByEmail(email, callback) {\n  callback(null, null);\n}\n',
      },
    },
  });
  const actions = [
    { name: 'Greet', trigger: 'post-login', deploy: true, secrets: [{ name: 'KEY', value: 'k1' }] },
    { name: 'Count visits', trigger: 'post-login', deploy: true, secrets: [] },
    { name: 'Not yet', trigger: 'pre-user-registration', deploy: false, secrets: [] },
  ];
  for (const { trigger, ...action } of actions) {
    await call('POST', '/actions/actions', {
      ...action,
      supported_triggers: [{ id: trigger, version: trigger === 'post-login' ? 'v3' : 'v2' }],
      code: `// ${action.name}\nexports.onExecute = async (event, api) => {};\n`,
      runtime: 'node22',
      dependencies: [{ name: 'lodash', version: '4.17.21' }],
    });
  }
  await call('PATCH', '/actions/triggers/post-login/bindings', {
    bindings: ['Count visits', 'Greet'].map((value) => ({
      ref: { type: 'action_name', value },
      display_name: `${value}, please`,
    })),
  });
  for (const [name, order] of [
    ['Second', 2],
    ['First', 1],
  ] as const) {
    await call('POST', '/rules', {
      name,
      order,
      enabled: name === 'First',
      script: `function (user, context, callback) {\n  callback(null, user, context); // ${name}\n}\n`,
    });
  }
  const hook = await call('POST', '/hooks', {
    name: 'Check',
    triggerId: 'pre-user-registration',
    enabled: true,
    dependencies: { uuid: '9.0.0' },
    script: 'module.exports = function (user, context, cb) {\n  cb(null, { user: {} });\n};\n',
  });
  await call('POST', `/hooks/${hook.id}/secrets`, { TOKEN: 't1' });
}
