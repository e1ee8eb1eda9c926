import { getSystemErrorMessage, getSystemErrorName } from 'node:util';
import koffi from 'koffi';

/** What libc just refused, with `errno` and `code` as Node's own errors have them. Call it before errno can change. */
export const systemError = (call: string): Error => {
  const errno = koffi.errno();
  const message = `${call}: ${getSystemErrorMessage(-errno)} (errno ${errno})`;
  return Object.assign(new Error(message), { errno: -errno, code: getSystemErrorName(-errno) });
};
