import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readEmailProvider } from '../../src/records/settings/settings.ts';
import { type ManagementFixture, startManagementApi } from './fixture.ts';

let api: ManagementFixture;
beforeAll(async () => {
  api = await startManagementApi();
});

describe('a mail template', () => {
  const template = {
    template: 'reset_email',
    body: '<p>{{ user.name | default: "you" }}: {{ url }}</p>',
    from: '{{ application.name }} <no-reply@shop.test>',
    subject: 'A new password',
    syntax: 'liquid',
    enabled: true,
    resultUrl: 'https://shop.test',
    urlLifetimeInSeconds: 3600,
    includeEmailInRedirect: true,
  };
  /** The same without the rules for some links only. */
  const {
    resultUrl: _u,
    urlLifetimeInSeconds: _l,
    includeEmailInRedirect: _i,
    ...words
  } = template;

  it('is written, read, changed and replaced', async () => {
    expect(await api.call('GET', '/email-templates/reset_email')).toMatchObject({
      status: 404,
      body: { errorCode: 'inexistent_email_template' },
    });
    const made = await api.call('POST', '/email-templates', template);
    expect(made).toMatchObject({ status: 200, body: template });
    expect(await api.call('POST', '/email-templates', template)).toMatchObject({
      status: 409,
      body: { message: 'Template reset_email already exists.' },
    });
    const patch = await api.call('PATCH', '/email-templates/reset_email', { subject: 'Other' });
    expect(patch.body).toEqual({ ...template, subject: 'Other' });
    const { resultUrl, urlLifetimeInSeconds, includeEmailInRedirect, ...less } = template;
    const put = await api.call('PUT', '/email-templates/reset_email', less);
    expect(put.body).toMatchObject({ subject: 'A new password', resultUrl: null });
    expect((await api.call('GET', '/email-templates/reset_email')).body).toEqual(put.body);
  });

  it('is refused with the line of its Liquid error', async () => {
    const body = '<p>\n{% if user.name %}\n</p>';
    const answer = await api.call('POST', '/email-templates', {
      ...template,
      template: 'verify_email',
      body,
    });
    expect(answer).toMatchObject({ status: 400, body: { errorCode: 'invalid_body' } });
    expect(answer.body.message).toMatch(
      /^Payload validation error: '.*line:2.*' on property body\.$/,
    );
    expect((await api.call('GET', '/email-templates/verify_email')).status).toBe(404);
  });

  it('is refused if its rendered sender is invalid', async () => {
    for (const from of [
      'nonsense',
      'Shop <no-reply>',
      '{{ application.name }}',
      'a@b.test\r\nBcc: c@d.test',
    ]) {
      for (const [method, path, more] of [
        ['PUT', '/email-templates/blocked_account', { template: 'blocked_account' }],
        ['POST', '/email-templates/blocked_account/preview', null],
      ] as const) {
        const body = more === null ? { from } : { ...words, ...more, from };
        const answer = await api.call(method, path, body);
        expect([from, answer.status, answer.body.message]).toEqual([
          from,
          400,
          expect.stringMatching(
            / is not a valid sender\. Use an address, or Name <address>' on property from\.$/,
          ),
        ]);
      }
    }
    const codes = await api.call('POST', '/connections', {
      name: 'codes-by-mail',
      strategy: 'email',
      options: { email: { from: 'nonsense' } },
    });
    expect([codes.status, codes.body.message]).toEqual([
      400,
      expect.stringContaining('on property options.email.from'),
    ]);
  });

  it('has one of the known names, and keeps it', async () => {
    const named = await api.call('POST', '/email-templates', { ...template, template: 'greeting' });
    expect(named.body.message).toBe(
      "Payload validation error: 'No enum match for: greeting' on property template (Template name).",
    );
    expect((await api.call('GET', '/email-templates/greeting')).body).toMatchObject({
      errorCode: 'invalid_uri',
      message:
        "Path validation error: 'No enum match for: greeting' on property templateName (Template name).",
    });
    const renamed = await api.call('PATCH', '/email-templates/reset_email', {
      template: 'verify_email',
    });
    expect(renamed.status).toBe(400);
  });

  it('must exist for PATCH, and not for PUT', async () => {
    const path = '/email-templates/blocked_account';
    expect((await api.call('PATCH', path, { enabled: false })).status).toBe(404);
    const body = { ...words, template: 'blocked_account' };
    expect(await api.call('PUT', path, body)).toMatchObject({ status: 200, body });
    expect((await api.call('GET', path)).body).toMatchObject({ subject: 'A new password' });
  });

  it.each([
    ['body', '{{ url }} {{ user.name | titlecase }}', 'titlecase'],
    ['body', '{{ url }} {% if user.x %}{{ user.name | titlecase }}{% endif %}', 'titlecase'],
    ['body', '{{ url }} {% nosuchtag %}', 'nosuchtag'],
    ['body', '{{ url }} {% if user.x %}{% include "y" %}{% endif %}', 'include'],
    ['body', '{{ url }} {% for i in (1..100000000) %}x{% endfor %}', 'limit'],
    ['subject', '{{ user.name | titlecase }}', 'titlecase'],
    ['from', '{{ user.name | titlecase }} <a@shop.test>', 'titlecase'],
    ['resultUrl', 'https://shop.test/{{ application.name | titlecase }}', 'titlecase'],
    ['body', '<p>Hello {{ user.name }}</p>', 'no link'],
    ['body', '<p>Hello</p><!-- {{ url }} -->', 'no link'],
    ['body', '<p>Hello</p>{% comment %}{{ url }}{% endcomment %}', 'no link'],
    ['body', '<p>Hello</p>{% if url %}!{% endif %}', 'no link'],
  ])('is refused on save with %s %j', async (field, text, problem) => {
    const name = field === 'resultUrl' ? 'verify_email' : 'user_invitation';
    const body = { ...words, template: name, [field]: text };
    for (const [method, path] of [
      ['POST', '/email-templates'],
      ['PUT', `/email-templates/${name}`],
    ] as const) {
      const answer = await api.call(method, path, body);
      expect(answer).toMatchObject({ status: 400, body: { errorCode: 'invalid_body' } });
      expect(answer.body.message).toContain(problem);
      expect(answer.body.message).toMatch(new RegExp(` on property ${field}\\.$`));
    }
    expect((await api.call('GET', `/email-templates/${name}`)).status).toBe(404);
  });

  it.each([
    '{% if user.user_metadata.lang == "en" %}{{ url }}{% elseif user.user_metadata.lang == "de" %}{{ link }}{% endif %}',
    '{% capture where %}{{ url }}{% endcapture %}<a href="{{ where }}">go</a>',
    '{% assign where = url | replace: "https", "app" %}{% debug %}<a href="{{ where }}">go</a>',
    '<a href="https://track.test/?to={{ url | url_encode }}">go</a>',
  ])('is saved with a link it writes as %j', async (body) => {
    const put = await api.call('PUT', '/email-templates/enrollment_email', {
      ...words,
      template: 'enrollment_email',
      body,
    });
    expect(put).toMatchObject({ status: 200, body: { body } });
  });

  it('is refused without the code of its mail', async () => {
    const body = { ...words, template: 'mfa_oob_code', body: '{{ url }}' };
    expect((await api.call('POST', '/email-templates', body)).body.message).toContain('no code');
    const right = { ...body, body: 'Your code: {{ code }}' };
    expect((await api.call('POST', '/email-templates', right)).status).toBe(200);
  });

  it('shows the built-in text by default', async () => {
    const path = '/email-templates/user_invitation?include_default=true';
    const shown = await api.call('GET', path);
    expect(shown).toMatchObject({ status: 200, body: { enabled: false, syntax: 'liquid' } });
    expect(shown.body.body).toContain('{{ url }}');
    const put = await api.call('PUT', '/email-templates/user_invitation', shown.body);
    expect(put.status).toBe(200);
  });

  it('has a preview of the final mail', async () => {
    const shown = await api.call('POST', '/email-templates/reset_email/preview', {
      subject: 'For {{ user.name }}',
      body: '<p>{{ user.name | escape }}</p><a href="{{ url }}">Go</a>',
    });
    expect(shown).toMatchObject({ status: 200, body: { subject: "For Ada O'Neil & Co" } });
    expect(shown.body.html).toContain('Ada O&#39;Neil &#38; Co');
    expect(shown.body.text).toMatch(/^Ada O'Neil & Co\n+Go:\nhttp/);
    const german = await api.call('POST', '/email-templates/user_invitation/preview', {
      language: 'de',
    });
    expect(german.body.subject).toContain('lädt Sie');
    expect(
      (await api.call('POST', '/email-templates/reset_email/preview', { body: '{% x %}' })).status,
    ).toBe(400);
    expect((await api.call('POST', '/email-templates/async_approval/preview', {})).status).toBe(
      404,
    );
  });

  it('has a preview for some of many simultaneous callers, and the others learn that the template is not at fault', async () => {
    const body = '{% for i in (1..20000) %}{{ i }}{% endfor %}<a href="{{ url }}">Go</a>';
    const path = '/email-templates/reset_email/preview';
    const answers = await Promise.all(
      Array.from({ length: 60 }, () => api.call('POST', path, { body })),
    );
    const shown = answers.filter(({ status }) => status === 200);
    const refused = answers.filter(({ status }) => status !== 200);
    expect(shown.length).toBeGreaterThanOrEqual(20);
    expect(refused.length).toBeGreaterThan(0);
    for (const { status, body: said } of refused) {
      expect([status, said.message]).toEqual([503, expect.stringContaining('Try again')]);
    }
    expect((await api.call('POST', path, { body })).status).toBe(200);
  });
});

describe('the mail server', () => {
  const provider = {
    name: 'smtp',
    enabled: true,
    default_from_address: 'no-reply@shop.test',
    credentials: {
      smtp_host: 'mail.shop.test',
      smtp_port: 587,
      smtp_user: 'shop',
      smtp_pass: 'correct horse',
    },
  };
  const ALL = '?fields=name,enabled,default_from_address,credentials,settings&include_fields=true';
  beforeEach(async () => {
    await api.call('DELETE', '/emails/provider');
  });

  it('is absent at first', async () => {
    const missing = {
      status: 404,
      body: {
        message: 'There is not a configured email provider',
        errorCode: 'inexistent_email_provider',
      },
    };
    expect(await api.call('GET', '/emails/provider')).toMatchObject(missing);
    expect(await api.call('PATCH', '/emails/provider', { enabled: false })).toMatchObject(missing);
    expect((await api.call('DELETE', '/emails/provider')).status).toBe(204);
  });

  it('is stored encrypted, and its password is never shown', async () => {
    const made = await api.call('POST', '/emails/provider', provider);
    const { smtp_pass, ...shown } = provider.credentials;
    expect(made).toMatchObject({ status: 201 });
    expect(made.body).toEqual({ ...provider, credentials: shown });
    expect((await api.call('GET', '/emails/provider')).body).toEqual({
      name: 'smtp',
      enabled: true,
    });
    const all = await api.call('GET', `/emails/provider${ALL}`);
    expect(all.body).toEqual({ ...provider, credentials: shown });
    const { rows } = await api.database.execute('select * from settings');
    expect(JSON.stringify(rows)).not.toMatch(/correct horse|mail\.shop\.test/);
    const read = await readEmailProvider(api.database.db, api.keys.encryption);
    expect(read?.smtp).toEqual({
      host: 'mail.shop.test',
      port: 587,
      user: 'shop',
      password: 'correct horse',
    });
    expect(await api.call('POST', '/emails/provider', provider)).toMatchObject({
      status: 409,
      body: { message: 'Email provider is already configured.' },
    });
  });

  it('loses its password when the host changes', async () => {
    await api.call('POST', '/emails/provider', provider);
    const password = async () =>
      (await readEmailProvider(api.database.db, api.keys.encryption))?.smtp.password;
    await api.call('PATCH', '/emails/provider', { credentials: { smtp_port: 25 }, enabled: false });
    expect(await password()).toBe('correct horse');
    const moved = await api.call('PATCH', '/emails/provider', {
      credentials: { smtp_host: 'mail.evil.test' },
    });
    expect(moved.body).toMatchObject({ enabled: false, credentials: { smtp_port: 25 } });
    expect(await password()).toBeNull();
  });

  it('is refused with an unsupported provider', async () => {
    const answer = await api.call('POST', '/emails/provider', {
      name: 'sendgrid',
      credentials: { api_key: 'x' },
    });
    expect(answer).toMatchObject({ status: 400, body: { errorCode: 'invalid_body' } });
    expect(answer.body.message).toContain('must be smtp, because ');
    const wrong = await api.call('POST', '/emails/provider', {
      ...provider,
      credentials: { smtp_host: 'x', api_key: 'y' },
    });
    expect(wrong.body.message).toBe(
      "Payload validation error: 'Additional properties not allowed: api_key' on property credentials (Credentials required to use the provider).",
    );
  });
});

describe('the texts of a passwordless connection', () => {
  const codes = (strategy: string, options: object) =>
    api.call('POST', '/connections', { name: `texts-${strategy}`, strategy, options });

  it.each([
    ['email', { email: { body: '{% if %}' } }, 'options.email.body'],
    [
      'email',
      { email: { body: '{{ code }}', subject: '{{ code | nosuchfilter }}' } },
      'options.email.subject',
    ],
    ['sms', { template: '{% include "/etc/passwd" %}' }, 'options.template'],
    [
      'sms',
      { template: `${'{% for i in (1..9999) %}'.repeat(4)}{{ code }}${'{% endfor %}'.repeat(4)}` },
      'options.template',
    ],
  ])('%s %j is refused, because it cannot be rendered', async (strategy, options, field) => {
    const answer = await codes(strategy, options);
    expect(answer).toMatchObject({ status: 400, body: { errorCode: 'invalid_body' } });
    expect(answer.body.message).toMatch(new RegExp(`on property ${field}\\.$`));
  });

  it('are kept if they can be rendered', async () => {
    const made = await codes('sms', { template: 'Your code: @@password@@ {{ code }}' });
    expect(made.status).toBe(201);
    const path = `/connections/${made.body.id}`;
    const options = { template: '{{ code' };
    expect((await api.call('PATCH', path, { options })).status).toBe(400);
  });
});
