import { randomBytes } from 'node:crypto';

/** The dice: `bits` from the kernel's generator, `fraction` for jitter. */
export const random = {
  bits: (): bigint => randomBytes(8).readBigUInt64BE(),
  fraction: (): number => Math.random(),
};
