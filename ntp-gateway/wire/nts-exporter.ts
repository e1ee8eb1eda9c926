/** What both ends of a key exchange derive their keys with from its TLS session: RFC 8915 §4.2 and §5.1, RFC 5705 §4. */
import { AES_128_GCM_SIV, AES_SIV_CMAC_256, type AeadAlgorithm, NTPV4 } from './nts.ts';

export const EXPORTER_LABEL = 'EXPORTER-network-time-security';

/** Who seals with the key: the client what goes to the server, and the other way round. */
export type Direction = 'c2s' | 's2c';

/**
 * Protocol (16) | AEAD algorithm (16) | direction (8).
 *
 * @param isCompliant - where the algorithm is AES-128-GCM-SIV: whether both ends have sent `COMPLIANT_EXPORTER`. chrony 4.4 to
 *   4.6 wrote AES-SIV-CMAC-256's number in its place, and without that record both ends of chrony still do.
 */
export const exporterContext = (
  algorithm: AeadAlgorithm,
  isCompliant: boolean,
  direction: Direction,
): Uint8Array<ArrayBuffer> => {
  const named = algorithm === AES_128_GCM_SIV && !isCompliant ? AES_SIV_CMAC_256 : algorithm;
  return Uint8Array.of(NTPV4 >> 8, NTPV4, named >> 8, named, direction === 'c2s' ? 0 : 1);
};
