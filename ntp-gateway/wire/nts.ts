/** The numbers of Network Time Security that both of its protocols share: RFC 8915 §7, and IANA's registries that it set up. */

/** AEAD algorithms, RFC 5116 §6 and RFC 8452 §9. */
export const AES_SIV_CMAC_256 = 15;
export const AES_128_GCM_SIV = 30;
export type AeadAlgorithm = typeof AES_SIV_CMAC_256 | typeof AES_128_GCM_SIV;

export const isAeadAlgorithm = (id: number): id is AeadAlgorithm => id === AES_SIV_CMAC_256 || id === AES_128_GCM_SIV;

/** In octets. */
export const keySizeOf = (algorithm: AeadAlgorithm): number => (algorithm === AES_SIV_CMAC_256 ? 32 : 16);
/** What we send: SIV takes any length of a nonce, RFC 8915 §5.6 asks for 16; GCM-SIV takes 12 and no other. */
export const nonceSizeOf = (algorithm: AeadAlgorithm): number => (algorithm === AES_SIV_CMAC_256 ? 16 : 12);
/** By which both make what they seal longer. */
export const TAG_SIZE = 16;

/** Extension fields of NTP packets, RFC 8915 §5.3 to §5.6. */
export const UNIQUE_IDENTIFIER = 0x0104;
export const COOKIE = 0x0204;
export const COOKIE_PLACEHOLDER = 0x0304;
export const AUTHENTICATOR = 0x0404;
/** RFC 8915 §5.3: as many octets of chance at the least. */
export const LEAST_IDENTIFIER = 32;
/** How many cookies a client holds, RFC 8915 §5.7: no server gives it more at once. */
export const MOST_COOKIES = 8;
/** The kiss code "NTSN", §5.7: no cookie that I can open, or no authenticator that fits. */
export const KISS_NTSN = 0x4e54534e;

/** By which TLS is told that keys are exchanged, §4: RFC 7301. */
export const KEY_EXCHANGE_PROTOCOL = 'ntske/1';

/** Records of the key exchange, §4.1. `COMPLIANT_EXPORTER` is none of the RFC's: see protocol/key-exchange.ts. */
export const END_OF_MESSAGE = 0;
export const NEXT_PROTOCOL = 1;
export const ERROR = 2;
export const WARNING = 3;
export const AEAD_ALGORITHM = 4;
export const NEW_COOKIE = 5;
export const NTP_SERVER = 6;
export const NTP_PORT = 7;
export const COMPLIANT_EXPORTER = 1024;

/** In `NEXT_PROTOCOL`. */
export const NTPV4 = 0;
/** In `ERROR`, §4.1.3. */
export const UNRECOGNIZED_CRITICAL_RECORD = 0;
export const BAD_REQUEST = 1;
