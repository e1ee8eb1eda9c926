/** What is said of one route in the OpenAPI document, beside what its schemas say themselves. */
import type * as v from 'valibot';
import type { Problem } from '../problem.ts';

export const HEADERS = {
  'Noonmark-Time':
    'The time and the ends of the interval that held true time, Unix seconds: `time=…, earliest=…, latest=…` (RFC 9651).',
  Date: 'The second of the time that is told (RFC 9110 §5.6.7). A platform may put its own in its place.',
  'X-HTTPSTIME': 'The time, Unix seconds with a fraction.',
  'Content-Security-Policy': 'What the page may load: nothing from elsewhere.',
  'Access-Control-Allow-Methods': 'What a page of another origin may send.',
  Upgrade: '`websocket`',
} as const;

export type Reply = {
  readonly description: string;
  readonly headers?: readonly (keyof typeof HEADERS)[];
  /** By media type; null for what JSON Schema does not describe. */
  readonly content?: Readonly<Record<string, v.GenericSchema | null>>;
};

export type Operation = {
  readonly summary: string;
  readonly description?: string;
  readonly query?: Readonly<Record<string, { readonly schema: v.GenericSchema; readonly description: string }>>;
  /** `schema`: null for what JSON Schema does not describe. */
  readonly body?: { readonly type: string; readonly schema: v.GenericSchema | null };
  /** By status. */
  readonly replies: Readonly<Record<number, Reply>>;
  /** Beside those of which any route is capable. */
  readonly refusals: readonly Problem[];
};
