/** What nobody may do to a signed text unnoticed. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { type Result, refuse } from '#contract/result.ts';
import { base64url, fromBase64url } from '#contract/web-platform.ts';

type Open = (jws: string) => Promise<Result<unknown, string>>;

export const expectNoLetterAltered = (jws: string, open: Open): Promise<void> =>
  fc.assert(
    fc.asyncProperty(fc.nat(jws.length - 1), fc.constantFrom(...'AZaz09-_.=+ ', '\0', 'é'), async (at, letter) => {
      fc.pre(jws[at] !== letter);
      expect((await open(`${jws.slice(0, at)}${letter}${jws.slice(at + 1)}`)).ok).toBe(false);
    }),
    { numRuns: 500 },
  );

/** Of the payload or the signature: whoever alters the header may come upon another word. */
export const expectNoBitAltered = async (jws: string, open: Open): Promise<void> => {
  const parts = jws.split('.').map((part) => fromBase64url(part)!);
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(1, 2), fc.nat(), fc.nat(7), async (which, index, bit) => {
      const copies = parts.map((part) => part.slice());
      const part = copies[which]!;
      part[index % part.length]! ^= 1 << bit;
      expect(await open(copies.map(base64url).join('.'))).toEqual(refuse('bad-signature'));
    }),
    { numRuns: 500 },
  );
};
