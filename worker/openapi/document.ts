/**
 * The edge in OpenAPI 3.1, made from the routes' own schemas: as the Worker is built, so that nothing of it has to be
 * carried or made by an isolate. It is served beside `/clock.js`, by the platform.
 */
import { toJsonSchema } from '@valibot/to-json-schema';
import * as v from 'valibot';
import { PROBLEMS, type Problem } from '../problem.ts';
import { HEADERS, type Operation, type Reply } from './operation.ts';
import { OPERATIONS } from './operations.ts';

/** JSON Schema 2020-12 has no word for some checks, such as that of a whole key: those that it has are said. */
const jsonSchema = (schema: v.GenericSchema): JsonSchema => {
  const { $schema: _dialect, ...rest } = toJsonSchema(schema, {
    target: 'draft-2020-12',
    typeMode: 'input',
    errorMode: 'ignore',
  });
  return rest;
};
export type JsonSchema = Readonly<Record<string, unknown>>;
export type Described = {
  readonly description: string;
  readonly headers?: Readonly<Record<string, object>>;
  readonly content?: Readonly<Record<string, { readonly schema?: JsonSchema }>>;
};
export type DescribedOperation = {
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly { name: string; in: 'query'; description: string; schema: JsonSchema }[];
  readonly requestBody?: { readonly required: true; readonly content: Required<Described>['content'] };
  readonly responses: Readonly<Record<string, Described>>;
};
export type OpenApi = {
  readonly openapi: '3.1.0';
  readonly info: {
    readonly title: string;
    readonly version: string;
    readonly description: string;
    readonly license: object;
  };
  readonly servers: readonly object[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
  readonly components: {
    readonly headers: Readonly<Record<string, object>>;
    readonly schemas: { readonly Problem: JsonSchema };
  };
};

const urn = (word: string): string => `urn:noonmark:problem:${word}`;
const words = Object.keys(PROBLEMS) as Problem[];
const problemDocument = v.object({
  type: v.picklist(words.map(urn)),
  title: v.string(),
  status: v.pipe(v.number(), v.integer()),
  detail: v.exactOptional(v.string()),
  /** Where the gateway stands, if it was refused for that. */
  epoch: v.exactOptional(v.number()),
  sequence: v.exactOptional(v.number()),
});

const describeReply = ({ description, headers = [], content = {} }: Reply): Described => ({
  description,
  ...(headers.length > 0 && { headers: referTo(headers) }),
  ...(Object.keys(content).length > 0 && {
    content: mapValues(content, (schema) => (schema ? { schema: jsonSchema(schema) } : {})),
  }),
});

const referTo = (headers: readonly string[]) =>
  Object.fromEntries(headers.map((header) => [header, { $ref: `#/components/headers/${header}` }]));

const describeRefusal = (ofStatus: readonly Problem[]): Described => ({
  description: ofStatus.map((word) => `\`${word}\`: ${PROBLEMS[word].title}`).join(' '),
  ...(ofStatus.some((word) => 'retryAfterSeconds' in PROBLEMS[word]) && { headers: referTo(['Retry-After']) }),
  content: {
    'application/problem+json': {
      schema: {
        allOf: [{ $ref: '#/components/schemas/Problem' }, { properties: { type: { enum: ofStatus.map(urn) } } }],
      },
    },
  },
});

/** Of which any route is capable. */
const ANYWHERE = ['too-many-requests', 'unexpected'] as const;

const describe = ({ summary, description, query = {}, body, replies, refusals }: Operation): DescribedOperation => {
  const byStatus = Map.groupBy([...refusals, ...ANYWHERE], (word) => String(PROBLEMS[word].status));
  const parameters = Object.entries(query).map(([name, { schema, description }]) => ({
    name,
    in: 'query' as const,
    description,
    schema: jsonSchema(schema),
  }));
  return {
    summary,
    ...(description !== undefined && { description }),
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: { required: true, content: { [body.type]: body.schema ? { schema: jsonSchema(body.schema) } : {} } },
    }),
    responses: {
      ...mapValues(replies, describeReply),
      ...Object.fromEntries([...byStatus].map(([status, ofStatus]) => [status, describeRefusal(ofStatus)])),
    },
  };
};

const mapValues = <From, To>(record: Readonly<Record<string, From>>, map: (value: From) => To): Record<string, To> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));

/** @param version - of noonmark. */
export const openApi = (version: string): OpenApi => {
  const paths: Record<string, Record<string, DescribedOperation>> = {};
  for (const [route, operation] of Object.entries(OPERATIONS)) {
    const [method = '', path = ''] = route.split(' ');
    paths[path] = { ...paths[path], [method.toLowerCase()]: describe(operation) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'noonmark',
      version,
      description:
        'The time over HTTPS. Every answer is an interval that contains true time; where that cannot be promised, it is a refusal. HEAD goes where GET goes. A path that is not here is refused with 404 `no-such-path`, a method with 405 `method-not-allowed`.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      headers: mapValues({ ...HEADERS, 'Retry-After': 'In seconds.' }, (description) => ({
        description,
        schema: { type: 'string' },
      })),
      schemas: { Problem: jsonSchema(problemDocument) },
    },
  };
};
