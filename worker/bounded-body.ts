/** A body, read only as far as it may go. */
import type { Bytes } from '#contract/web-platform.ts';

/**
 * Counts what comes, whatever `Content-Length` has promised. In one read: to go from chunk to chunk costs more than to sign.
 *
 * @param body - of the platform's own making: a stream of bytes.
 * @returns undefined where there are more than `most` bytes; the rest is not read.
 */
export const readBounded = async ({ body }: Pick<Body, 'body'>, most: number): Promise<Bytes | undefined> => {
  const reader = body?.getReader({ mode: 'byob' });
  // Comes back at the end of the body, or with a byte too many.
  const { value: bytes } = (await reader?.readAtLeast(most + 1, new Uint8Array(most + 1))) ?? {};
  if (!bytes || bytes.length <= most) return bytes ?? new Uint8Array();
  await reader?.cancel();
  return undefined;
};
