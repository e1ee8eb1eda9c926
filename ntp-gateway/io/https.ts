/** Posts samples, and words about keys. Answers are small; anything else is cut off. */
import type { Answer } from '../publish/answer.ts';

const LONGEST_WAIT_MS = 10_000;
const MOST_BYTES = 16 * 1024;

/** Rejects where no whole answer came in time. */
export const post = (origin: string, jws: string, withinMs = LONGEST_WAIT_MS): Promise<Answer> =>
  postTo(new URL('/samples', origin), jws, withinMs);

/** A key's word for the one that follows it, or that none does. */
export const postSuccession = (origin: string, jws: string): Promise<Answer> =>
  postTo(new URL('/keys', origin), jws, LONGEST_WAIT_MS);

const postTo = async (url: URL, jws: string, withinMs: number): Promise<Answer> => {
  const response = await fetch(url, {
    method: 'POST',
    body: jws,
    headers: { 'content-type': 'application/jose' },
    redirect: 'manual', // what is signed is for one origin, which a redirection would not change
    signal: AbortSignal.timeout(withinMs),
  });
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  const body = parse(await readBounded(response));
  return { status: response.status, body, ...(Number.isFinite(retryAfter) && { retryAfter }) };
};

const readBounded = async ({ body }: Response): Promise<string> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > MOST_BYTES) throw new Error('the answer is too long'); // leaving the loop cancels the stream
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
