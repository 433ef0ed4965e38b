import { readFileSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { OTHER_ANSWERS } from '../conformance/differences.ts';
import { type Operation, type Shapes, violations } from '../conformance/shape.ts';

type Answer = { method: string; url: string; status: number; body: string };

const PREFIX = '/api/v2';
const ERROR = {
  types: ['object'],
  required: ['error', 'message', 'statusCode'],
  properties: {
    statusCode: { types: ['integer'] },
    error: { types: ['string'] },
    message: { types: ['string'] },
    errorCode: { types: ['string'] },
  },
};

const { operations }: Shapes = JSON.parse(
  readFileSync(join(import.meta.dirname, '../conformance/shapes.json'), 'utf8'),
);
const byLength = new Map<string, Operation[]>();
for (const operation of operations) {
  const key = `${operation.method} ${operation.path.split('/').length}`;
  byLength.set(key, [...(byLength.get(key) ?? []), operation]);
}
const found = new Set<string>();
let checked = 0;

/** The differences of this test file's answers from the official document, each once. */
export function foundViolations(): string[] {
  return [...found].sort();
}

/** Compares one real answer of the management API with the official document, and keeps the differences for the end. */
export function checkAnswer(answer: Answer): void {
  checked += 1;
  for (const each of differencesOf(answer)) found.add(each);
}

/** Returns the differences and forgets them, so that the next test file begins anew. */
export function takeViolations(): string[] {
  const violations = foundViolations();
  found.clear();
  return violations;
}

/** How many answers were compared so far. */
export function checkedAnswers(): number {
  return checked;
}

/** Returns the parts of this answer that a client of the document would not expect. */
export function differencesOf(answer: Answer): string[] {
  const { pathname, searchParams } = new URL(answer.url, 'http://localhost');
  if (!pathname.startsWith(`${PREFIX}/`)) return [];
  const operation = operationOf(answer.method, pathname.slice(PREFIX.length));
  if (operation === undefined) return [];
  const where = `${operation.method} ${operation.path} ${answer.status}`;
  return wrongWith(answer, operation, searchParams.has('fields'))
    .map((line) => `${where}: ${line.replace(/\/\d+(?=[/:])/g, '/*')}`)
    .filter((text) => !OTHER_ANSWERS.some((known) => text.startsWith(known)));
}

/** @param partial only some properties were asked for */
function wrongWith({ status, body }: Answer, operation: Operation, partial: boolean): string[] {
  if (status >= 400) return violations(jsonOf(body), ERROR);
  const shape = operation.answers[status];
  if (shape === undefined) return ['is not one of the statuses in the document'];
  if (status === 204) return body === '' ? [] : ['has a body'];
  // The document says nothing about the body.
  if (shape === null) return [];
  return violations(jsonOf(body), shape, { partial });
}

/** Records the answers of a server without changing them. Call it before the server listens. */
export function recordAnswers(server: Server): void {
  const listeners = server.listeners('request') as ((
    request: IncomingMessage,
    response: ServerResponse,
  ) => void)[];
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    if (request.url?.startsWith(PREFIX)) listenTo(request, response);
    for (const listener of listeners) listener.call(server, request, response);
  });
}

function listenTo(request: IncomingMessage, response: ServerResponse): void {
  const { method = '', url = '' } = request;
  const chunks: Buffer[] = [];
  const keep = (chunk: unknown) => {
    if (typeof chunk === 'string') chunks.push(Buffer.from(chunk));
    else if (chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk));
  };
  const { write, end } = response;
  response.write = ((...args: Parameters<typeof write>) => {
    keep(args[0]);
    return write.apply(response, args);
  }) as typeof write;
  response.end = ((...args: Parameters<typeof end>) => {
    keep(args[0]);
    return end.apply(response, args);
  }) as typeof end;
  response.once('finish', () =>
    checkAnswer({
      method,
      url,
      status: response.statusCode,
      body: Buffer.concat(chunks).toString(),
    }),
  );
}

/** Returns the operation whose path matches. One with fewer parameters wins. */
function operationOf(method: string, path: string): Operation | undefined {
  const parts = path.replace(/\/$/, '').split('/');
  const fitting = (byLength.get(`${method} ${parts.length}`) ?? []).filter((operation) =>
    operation.path.split('/').every((part, index) => part === '{}' || part === parts[index]),
  );
  const parameters = (operation: Operation) => operation.path.split('{}').length;
  return fitting.sort((a, b) => parameters(a) - parameters(b))[0];
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body === '' ? undefined : body;
  }
}
