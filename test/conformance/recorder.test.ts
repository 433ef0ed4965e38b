import { expect, test } from 'vitest';
import { startServer } from '../harness/harness.ts';
import { checkedAnswers, differencesOf } from '../harness/recorder.ts';

const ROLE = { id: 'rol_0123456789abcdef', name: 'editor', description: 'Edits' };

function differences(body: unknown, more: { status?: number; url?: string; method?: string } = {}) {
  const { status = 200, url = '/api/v2/roles/rol_0123456789abcdef', method = 'GET' } = more;
  return differencesOf({ method, url, status, body: JSON.stringify(body) ?? '' });
}

test('a documented answer has no differences, and each kind of difference is found', () => {
  expect(differences(ROLE)).toEqual([]);
  expect(differences({ ...ROLE, description: 7 })).toEqual([
    'GET /roles/{} 200: /description: number, not string',
  ]);
  expect(differences({ ...ROLE, secret: 'x' })).toEqual([
    'GET /roles/{} 200: /secret: not in the document',
  ]);
  expect(differences([ROLE])).toEqual(['GET /roles/{} 200: /: array, not object']);
  expect(differences(ROLE, { status: 202 })).toEqual([
    'GET /roles/{} 202: is not one of the statuses in the document',
  ]);
  expect(differences({ message: 'Oh' }, { status: 404 })).toEqual([
    'GET /roles/{} 404: /error: missing',
    'GET /roles/{} 404: /statusCode: missing',
  ]);
  const user = { url: '/api/v2/clients/x', method: 'DELETE', status: 204 };
  expect(differences({}, user)).toEqual(['DELETE /clients/{} 204: has a body']);
});

test('a list is examined once for all of its items', () => {
  expect(
    differences([ROLE, { ...ROLE, x: 1 }, { ...ROLE, x: 2 }], { url: '/api/v2/roles' }),
  ).toContain('GET /roles 200: /*/x: not in the document');
});

test('the recorder examines the answers of a real server', async () => {
  const server = await startServer();
  const before = checkedAnswers();
  await server.api('GET', '/api/v2/roles');
  await server.api('GET', '/api/v2/roles/rol_none');
  expect(checkedAnswers()).toBe(before + 2);
  await server.close();
});
