/** Every route of `app.ts`, by method and path, with the schemas that the routes themselves work with. */
import * as v from 'valibot';
import { nonce } from '#contract/fields.ts';
import { jwkSet } from '#contract/jwk-set.ts';
import { timeAnswerSchema } from '#contract/read-answer.ts';
import { healthReport } from '../routes/health.ts';
import { gatewayKeyList, keyList } from '../routes/keys.ts';
import { roughtimeServers } from '../routes/roughtime.ts';
import { receivedSample, sampleLog, sampleQuery } from '../routes/samples.ts';
import { FORMATS } from '../routes/time.ts';
import { timesyncCall, timesyncReply } from '../routes/timesync.ts';
import type { Operation, Reply } from './operation.ts';

const text = (form: RegExp) => v.pipe(v.string(), v.regex(form));
const page = v.string();

/** @param scheme - of `urn:mpeg:dash:utc:`. */
const dash = (scheme: string, description: string, content: Reply['content']): Operation => ({
  summary: `The clock of DASH's ${scheme}`,
  description,
  replies: {
    200: { description: 'The time.', headers: ['Noonmark-Time', 'Date'], ...(content && { content }) },
  },
  refusals: ['no-time'],
});
const preflight = (what: string): Operation => ({
  summary: `May a page of another origin send ${what}?`,
  replies: { 204: { description: 'It may.', headers: ['Access-Control-Allow-Methods'] } },
  refusals: [],
});
const millis = text(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

export const OPERATIONS: Readonly<Record<string, Operation>> = {
  'GET /time': {
    summary: 'The time, and within what it is true',
    description:
      'True time lay in [`earliest`, `latest`] at some instant between the arrival of the request and the departure of the answer.',
    query: {
      format: {
        schema: v.optional(v.picklist(FORMATS)),
        description: 'Goes before `Accept`.',
      },
      nonce: { schema: v.optional(nonce), description: 'Comes back in the body, where that is JSON, signed or not.' },
      detail: {
        schema: v.optional(v.string()),
        description: 'Whatever its value: adds `budget` and `lineage`, where the body is JSON, signed or not.',
      },
    },
    replies: {
      200: {
        description: 'The time.',
        headers: ['Noonmark-Time'],
        content: {
          'application/json': timeAnswerSchema,
          'application/jose': text(/^[\w-]+\.[\w-]+\.[\w-]+$/),
          'text/plain': text(/^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z|\d+\.\d{6}|\d+\.\d{3})\n$/),
        },
      },
    },
    refusals: ['malformed', 'not-acceptable', 'no-time'],
  },
  'GET /.well-known/time': {
    summary: 'Time over HTTPS',
    description: 'As phk.freebsd.dk/time/20151129 has it.',
    replies: {
      204: { description: 'The time, in headers alone.', headers: ['Noonmark-Time', 'Date', 'X-HTTPSTIME'] },
    },
    refusals: ['no-time'],
  },
  'GET /dash/xsdate': dash('http-xsdate:2014', 'An `xs:dateTime`, and no end of line.', { 'text/plain': millis }),
  'GET /dash/iso': dash('http-iso:2014', 'ISO 8601, and no end of line.', { 'text/plain': millis }),
  'GET /dash/ntp': dash(
    'http-ntp:2014',
    'Eight octets: seconds since 1900 and their fraction, 32 bits each, big-endian (RFC 5905 §6).',
    { 'application/octet-stream': null },
  ),
  'GET /dash/head': dash('http-head:2014', 'Ask by HEAD: `Date` is the answer.', { 'text/plain': text(/^$/) }),
  'POST /timesync': {
    summary: 'The time, for the npm package timesync',
    description: 'A JSON-RPC 2.0 call; `result` is Unix ms. No batches, no notifications, 1 KiB at most.',
    body: { type: 'application/json', schema: timesyncCall },
    replies: {
      200: { description: 'The time.', headers: ['Noonmark-Time'], content: { 'application/json': timesyncReply } },
    },
    refusals: ['malformed', 'too-large', 'no-time'],
  },
  'OPTIONS /timesync': preflight('JSON'),
  'POST /roughtime': {
    summary: 'Roughtime, RFC 10049',
    description:
      'A request packet of 1024 to 4096 bytes, of version 1 or 0x8000000c; its response, of 420. `detail` says why a packet is `malformed`: `too-short`, `not-a-request`, `other-version`, `other-server`, or what in it is wrong.',
    body: { type: 'application/octet-stream', schema: null },
    replies: {
      200: { description: 'The time.', headers: ['Noonmark-Time'], content: { 'application/octet-stream': null } },
    },
    refusals: ['malformed', 'too-large', 'no-time'],
  },
  'OPTIONS /roughtime': preflight('octets'),
  'GET /.well-known/roughtime.json': {
    summary: 'The keys to verify Roughtime of this edge by, one for each gateway that vouches',
    replies: {
      200: { description: 'RFC 10049 §8.3.', content: { 'application/roughtime-server+json': roughtimeServers } },
    },
    refusals: ['unavailable'],
  },
  'GET /ws': {
    summary: 'Exchanges over a WebSocket',
    description:
      'Each text of 1 to 64 characters of `A–Z a–z 0–9 _ . : + -` is answered by `{"t1", "unixMs", "earliestUnixMs", "latestUnixMs", "synchronized", "leap"}`, `t1` being that text. Closes with 1001 `connect-again` after 100 answers or some minutes, 1003 `malformed`, 1009 `too-large`, 1011 `unexpected`, 1013 `no-time`.',
    replies: { 101: { description: 'A WebSocket (RFC 6455).' } },
    refusals: ['upgrade-required'],
  },
  'GET /samples': {
    summary: 'The newest samples, for anyone to audit',
    query: { limit: { schema: sampleQuery.limit, description: 'How many; at most as many as this edge keeps.' } },
    replies: {
      200: {
        description: 'The newest first, fewer where they would be more than 4 MiB.',
        content: { 'application/json': sampleLog },
      },
    },
    refusals: ['malformed', 'unavailable'],
  },
  'POST /samples': {
    summary: 'A gateway hands in a signed sample',
    body: { type: 'application/jose', schema: v.string() },
    replies: { 200: { description: 'Kept. What our clocks read.', content: { 'application/json': receivedSample } } },
    refusals: [
      ...(['malformed', 'unknown-key', 'bad-signature', 'wrong-audience', 'replayed', 'forked', 'loop'] as const),
      ...(['too-large', 'stale', 'future', 'unavailable', 'no-time'] as const),
    ],
  },
  'GET /health': {
    summary: 'Is there time to give, and why not',
    replies: {
      200: { description: 'There is.', content: { 'application/json': healthReport } },
      503: { description: 'There is none.', content: { 'application/json': healthReport } },
    },
    refusals: [],
  },
  'GET /.well-known/jwks.json': {
    summary: 'The public keys of the gateways and of this edge, and what leads to them from earlier ones',
    replies: { 200: { description: 'RFC 7517.', content: { 'application/jwk-set+json': jwkSet } } },
    refusals: [],
  },
  'GET /keys': {
    summary: 'This edge’s own keys, and who vouches for each how long',
    replies: { 200: { description: 'The newest first.', content: { 'application/json': keyList } } },
    refusals: ['unavailable'],
  },
  'POST /keys': {
    summary: 'A gateway’s key names the one that follows it, or is revoked',
    description: 'A JWS of the type `key-succession+jws`, signed by the key that is given up; 1024 characters at most.',
    body: { type: 'application/jose', schema: v.string() },
    replies: {
      200: {
        description: 'Kept. The keys by which that gateway speaks from now on.',
        content: { 'application/json': gatewayKeyList },
      },
    },
    refusals: ['malformed', 'unknown-key', 'bad-signature', 'forked', 'too-large', 'unavailable'],
  },
  'GET /': {
    summary: 'A page for people',
    replies: {
      200: {
        description: 'The time.',
        headers: ['Noonmark-Time', 'Content-Security-Policy'],
        content: { 'text/html': page },
      },
      503: { description: 'Why there is none.', headers: ['Content-Security-Policy'], content: { 'text/html': page } },
    },
    refusals: [],
  },
};
