/** Which kind of token a text is, and what that says of its own time. */
import { ok, type Result, refuse } from '#contract/result.ts';
import { fromUtf8 } from '#contract/web-platform.ts';
import { readFernet } from './fernet.ts';
import { readJwt } from './jwt.ts';
import { readIssued } from './openstack.ts';
import type { Validity } from './validity.ts';

export type Token = Validity & { readonly kind: 'JWT' | 'Fernet' };

/** `encrypted`: a JWE, which only the holder of its key can read. */
export type TokenFault = 'too-large' | 'malformed' | 'encrypted';

/** No server takes a header as long as this. */
export const MAX_TOKEN_BYTES = 65_536;

/** @param bytes - of a stranger; what is around the token, such as the end of a line, does not count. */
export const readToken = (bytes: Uint8Array): Result<Token, TokenFault> => {
  if (bytes.length > MAX_TOKEN_BYTES) return refuse('too-large');
  const text = fromUtf8(bytes)?.trim();
  if (!text) return refuse('malformed', 'not a text');
  if (!text.startsWith('{')) return readCompact(text);
  const issued = readIssued(text);
  if (!issued.ok) return issued;
  const { id, expires } = issued.value;
  const token = readCompact(id);
  // What the token says itself is what counts where it is shown.
  return token.ok && token.value.expires === 'hidden' ? ok({ ...token.value, expires }) : token;
};

const readCompact = (text: string): Result<Token, TokenFault> => {
  const kind = text.includes('.') ? 'JWT' : 'Fernet';
  const read = kind === 'JWT' ? readJwt(text) : readFernet(text);
  return read.ok ? ok({ kind, ...read.value }) : read;
};
