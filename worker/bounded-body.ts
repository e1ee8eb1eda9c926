/** A body, read only as far as it may go. */
import type { Bytes } from '#contract/web-platform.ts';

/**
 * Counts what comes, whatever `Content-Length` has promised.
 *
 * @returns undefined as soon as there is more than `most` bytes; the rest is not read.
 */
export const readBounded = async ({ body }: Pick<Body, 'body'>, most: number): Promise<Bytes | undefined> => {
  const bytes = new Uint8Array(most);
  let length = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    if (length + chunk.length > most) return undefined; // leaving the loop cancels the stream
    bytes.set(chunk, length);
    length += chunk.length;
  }
  return bytes.subarray(0, length);
};
