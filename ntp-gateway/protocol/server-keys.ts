/** The secrets of our NTP server. Plain data: it is sent to the threads that answer. */
import type { MacAlgorithm } from '../config.ts';

/** Of `[keys]`; `id` is a uint32, not 0. */
export type SymmetricKey = { readonly id: number; readonly algorithm: MacAlgorithm; readonly secret: Uint8Array };

/** What a cookie is sealed with, by AES-SIV-CMAC-256: 32 octets. `id` is a uint32 that stands in the cookie. */
export type CookieKey = { readonly id: number; readonly key: Uint8Array };

export type ServerKeys = {
  readonly symmetric: readonly SymmetricKey[];
  /** The first seals, all open: among the others is the next one, which a thread that lags behind must know too. None: no NTS. */
  readonly cookies: readonly CookieKey[];
};

export const NO_KEYS: ServerKeys = { symmetric: [], cookies: [] };
