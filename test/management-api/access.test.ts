import { beforeAll, describe, expect, it } from 'vitest';
import { BOOTSTRAP, type ManagementFixture, startManagementApi } from './fixture.ts';

let api: ManagementFixture;
beforeAll(async () => {
  api = await startManagementApi();
});

describe('a token', () => {
  const refused = async (token: string) => {
    const answer = await api.call('GET', '/clients', undefined, { token });
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer');
    expect(answer.body.attributes).toEqual({ error: answer.body.message });
    return answer.body.message;
  };

  it('is refused after it has expired', async () => {
    expect(await refused(await api.token({ expiresIn: -10 }))).toBe(
      'Expired token received for JSON Web Token validation',
    );
  });

  it('is refused after its expiry even if it was valid a moment ago', async () => {
    const token = await api.token({ expiresIn: 1 });
    expect((await api.call('GET', '/clients', undefined, { token })).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(await refused(token)).toBe('Expired token received for JSON Web Token validation');
  });

  it('is refused with a foreign signature', async () => {
    expect(await refused(await api.token({ forged: true }))).toBe(
      'Invalid signature received for JSON Web Token validation.',
    );
  });

  it('is refused with the audience of another API', async () => {
    expect(await refused(await api.token({ audience: 'https://shop.test' }))).toBe(
      'Invalid token.',
    );
  });

  it('is refused with another issuer', async () => {
    expect(await refused(await api.token({ issuer: 'https://evil.test/' }))).toBe('Invalid token.');
  });

  it('is refused without a signature', async () => {
    const [, payload] = (await api.token()).split('.');
    const header = Buffer.from('{"alg":"none"}').toString('base64url');
    expect(await refused(`${header}.${payload}.e30`)).toBe('Invalid token.');
  });

  it('is refused if it is not a JWT', async () => {
    expect(await refused('undefined')).toBe('Invalid token.');
    expect(await refused('a.b.c')).toBe('Invalid token.');
  });

  it('is refused with 400 if the header is not a bearer token', async () => {
    const answer = await api.call('GET', '/clients', undefined, {
      token: null,
      headers: { authorization: 'Basic abc' },
    });
    expect(answer).toMatchObject({
      status: 400,
      body: { message: 'Bad HTTP authentication header format' },
    });
  });

  it('stops working within a second after its client was deleted', async () => {
    const { body: client } = await api.call('POST', '/clients', { name: 'short-lived' });
    const token = await api.token({ clientId: client.client_id });
    expect((await api.call('GET', '/clients', undefined, { token })).status).toBe(200);
    expect((await api.call('DELETE', `/clients/${client.client_id}`)).status).toBe(204);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(await refused(token)).toBe('Invalid token.');
  });

  it('belongs to an existing client', async () => {
    expect(await refused(await api.token({ clientId: 'nobody' }))).toBe('Invalid token.');
    expect(BOOTSTRAP.id).not.toBe('nobody');
  });
});

describe('an answer', () => {
  it('carries a request id, even with an error', async () => {
    for (const each of ['/clients', '/clients/x', '/no-such-thing']) {
      expect((await api.call('GET', each)).headers['x-request-id'], each).toBeTruthy();
    }
  });

  it('is 404 for an unknown path', async () => {
    expect(await api.call('GET', '/no-such-thing')).toMatchObject({
      status: 404,
      body: { statusCode: 404, error: 'Not Found', message: 'Not Found' },
    });
  });

  it('explains the error in unreadable JSON', async () => {
    const answer = await api.call('POST', '/clients', '{"name": ');
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ error: 'Bad Request', errorCode: 'invalid_body' });
    expect(answer.body.message).toMatch(/^Invalid request payload JSON format: /);
  });

  it('refuses JSON that would change prototypes', async () => {
    const answer = await api.call('POST', '/clients', '{"name":"x","__proto__":{"a":1}}');
    expect(answer.status).toBe(400);
  });

  it('refuses a body that is too large or of an unknown type', async () => {
    const large = await api.call('POST', '/clients', { name: 'x'.repeat(1_100_000) });
    expect(large).toMatchObject({
      status: 413,
      body: { statusCode: 413, errorCode: 'payload_too_large' },
    });
    const xml = await api.call('POST', '/clients', '<a/>', {
      headers: { 'content-type': 'text/xml' },
    });
    expect(xml).toMatchObject({ status: 415, body: { error: 'Unsupported Media Type' } });
  });
});

describe('the reference', () => {
  it('documents every route with a summary, and every parameter with a description', async () => {
    const document = (await api.app.inject({ url: '/docs/json' })).json();
    for (const { method, url } of api.routes) {
      const each =
        document.paths[`/api/v2${url.replace(/:(\w+)/g, '{$1}')}`]?.[method.toLowerCase()];
      expect(each?.summary, `${method} ${url}`).toBeTruthy();
      expect(each.tags.length, `${method} ${url}`).toBeGreaterThan(0);
      for (const parameter of each.parameters ?? []) {
        expect(parameter.description, `${method} ${url} ${parameter.name}`).toBeTruthy();
      }
    }
  });

  it('describes every tag, and no other', async () => {
    const document = (await api.app.inject({ url: '/docs/json' })).json();
    const operations = Object.values<Record<string, { tags: string[] }>>(document.paths);
    const used = operations.flatMap((methods) =>
      Object.values(methods).flatMap(({ tags }) => tags),
    );
    const described = document.tags.map(({ name }: { name: string }) => name);
    expect(described.toSorted()).toEqual([...new Set(used)].toSorted());
  });

  it('is a page that runs scripts of this server only', async () => {
    const page = await api.app.inject({ url: '/docs/' });
    expect(page.statusCode).toBe(200);
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toMatch(/https?:/);
    expect(page.body).not.toMatch(/<script>[^<]/);
  });
});
