/** Holds each response that a test sees against the OpenAPI document. */
import { Validator } from '@cfworker/json-schema';
import { expect } from 'vitest';
import { fromUtf8 } from '#contract/web-platform.ts';
import { HEADERS, NO_PAGE } from '../../worker/headers.ts';
import { type Described, type JsonSchema, openApi } from '../../worker/openapi/document.ts';

const { paths, components } = openApi('0.0.0');

/** A member that the document does not name is a fault of the document. */
const strict = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(strict);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([key, member]) => [key, strict(member)]);
  const isClosed = 'type' in value && value.type === 'object' && !('additionalProperties' in value);
  return { ...Object.fromEntries(members), ...(isClosed && { unevaluatedProperties: false }) };
};

const validators = new Map<JsonSchema, Validator>();
const validatorOf = (schema: JsonSchema): Validator => {
  const known = validators.get(schema);
  if (known) return known;
  const made = new Validator(
    { ...(strict(schema) as object), components: strict(components) } as object,
    '2020-12',
    false,
  );
  validators.set(schema, made);
  return made;
};

/** What answers every request that is none of a route's own. */
const ELSEWHERE: Readonly<Record<number, Described>> = Object.fromEntries(
  [404, 405, 429, 500].map((status) => [
    status,
    { description: '', content: { 'application/problem+json': { schema: components.schemas.Problem } } },
  ]),
);

/** Of all that is answered, refusals too. */
const expectSafe = ({ headers }: Response): void => {
  for (const [name, value] of Object.entries(HEADERS)) expect(headers.get(name), name).toBe(value);
  const isPage = headers.get('content-type')?.startsWith('text/html') ?? false;
  const page = /^default-src 'none'; (?!.*(unsafe|https?:|\*)).*frame-ancestors 'none'$/;
  expect(headers.get('content-security-policy')).toEqual(isPage ? expect.stringMatching(page) : NO_PAGE);
  // A browser would hold on to it for all that this origin serves, over whatever it was asked.
  expect(headers.has('strict-transport-security')).toBe(isPage);
};

export const expectDescribed = async (method: string, path: string, response: Response): Promise<void> => {
  const asked = method === 'HEAD' ? 'get' : method.toLowerCase();
  const { status, headers } = response;
  expectSafe(response);
  const described = paths[path]?.[asked]?.responses[status] ?? ELSEWHERE[status];
  expect(described, `${method} ${path} is not described as answering ${status}`).toBeDefined();
  for (const name of Object.keys(described?.headers ?? {})) expect(headers.get(name), name).not.toBeNull();
  expect(headers.has('noonmark-time'), 'Noonmark-Time').toBe('Noonmark-Time' in (described?.headers ?? {}));

  const type = headers.get('content-type')?.split(';')[0];
  const { content } = { ...described };
  expect(type === undefined ? [] : [type]).toEqual(
    type === undefined ? Object.keys(content ?? {}) : [expect.toBeOneOf(Object.keys(content ?? {}))],
  );
  const schema = content?.[type ?? '']?.schema;
  if (!schema || method === 'HEAD') return;
  const body = type?.endsWith('json') ? await response.json() : fromUtf8(new Uint8Array(await response.arrayBuffer()));
  expect(validatorOf(schema).validate(body).errors, `${method} ${path} ${status}`).toEqual([]);
};
