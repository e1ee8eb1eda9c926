/** `application/roughtime-server+json`, RFC 10049 §8.3: whom to ask, by which key, and where to complain. */
import * as v from 'valibot';
import { decodeText } from '../fields.ts';
import type { Result } from '../result.ts';
import { type Bytes, base64, fromBase64 } from '../web-platform.ts';
import { KEY_BYTES } from './signature.ts';

export const TRANSPORTS = ['udp', 'tcp'] as const;

const text = v.pipe(v.string(), v.maxLength(255));
const https = v.pipe(v.string(), v.maxLength(2048), v.regex(/^https:\/\/[^\s/]+/i));
/** A name or an address, IPv6 in brackets, and a port. */
export const address = v.pipe(v.string(), v.maxLength(262), v.regex(/^(\[[\da-f:.]+\]|[\w.-]+):\d{1,5}$/i));
const publicKey = v.pipe(
  v.string(),
  v.transform(fromBase64),
  v.custom<Bytes>((value) => value instanceof Uint8Array && value.length === KEY_BYTES),
);

const server = v.object({
  name: text,
  /** The highest that it speaks; a draft's number is higher than that of the RFC. */
  version: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffffffff)),
  publicKeyType: v.literal('ed25519'),
  publicKey,
  addresses: v.pipe(v.array(v.object({ protocol: v.picklist(TRANSPORTS), address })), v.maxLength(16)),
});
/** Who answers to `POST`, which the RFC knows nothing of. */
const edge = v.object({
  name: text,
  publicKey,
  url: v.pipe(v.string(), v.maxLength(2048), v.regex(/^https?:\/\/[^\s/]+/i)),
});
/** Without those of later versions, whose keys are of another kind: the others are no worse for it. */
const servers = v.pipe(
  v.array(v.looseObject({ publicKeyType: text })),
  v.maxLength(256),
  v.transform((entries) => entries.filter(({ publicKeyType }) => publicKeyType === 'ed25519')),
  v.array(server),
);
const schema = v.object({
  servers,
  /** Where newer lists are. */
  sources: v.optional(v.pipe(v.array(https), v.maxLength(16))),
  /** Where malfeasance reports go. */
  reports: v.optional(https),
  /** Not of the RFC. Whatever others mean by it is no fault of their lists. */
  edges: v.optional(v.fallback(v.optional(v.pipe(v.array(edge), v.maxLength(256))), undefined)),
});

export type ServerList = Readonly<v.InferOutput<typeof schema>>;

/** Look before parsing. */
export const MAX_LIST_LENGTH = 256 * 1024;

export const encodeServerList = ({ servers, edges, ...list }: ServerList): string =>
  JSON.stringify({ servers: servers.map(withText), ...list, ...(edges && { edges: edges.map(withText) }) });

const withText = <Entry extends { readonly publicKey: Bytes }>(entry: Entry) => ({
  ...entry,
  publicKey: base64(entry.publicKey),
});

/** @param text - at most `MAX_LIST_LENGTH`, for the caller to have looked. */
export const decodeServerList = (text: string): Result<ServerList, 'malformed'> => decodeText(schema, text);
