import koffi from 'koffi';

/** What libc just refused, with `errno` as Node's own errors have it. Call it before anything else can change errno. */
export const systemError = (call: string): Error => {
  const errno = koffi.errno();
  return Object.assign(new Error(`${call}: errno ${errno}`), { errno: -errno });
};
