import { concatenate } from '#contract/concatenate.ts';
import type { Bytes } from '#contract/web-platform.ts';

/** Counts what comes, whatever `Content-Length` has promised. @returns undefined where it is longer than `most`. */
export const readBody = async ({ body }: Response, most: number): Promise<Bytes | undefined> => {
  const reader = body?.getReader();
  let read = concatenate();
  for (;;) {
    const { value } = (await reader?.read()) ?? {};
    if (!value) return read;
    read = concatenate(read, value);
    if (read.length > most) {
      await reader?.cancel();
      return undefined;
    }
  }
};
