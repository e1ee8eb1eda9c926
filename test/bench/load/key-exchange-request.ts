/** What an NTS client asks a key exchange server for, RFC 8915 §4. */
import {
  AEAD_ALGORITHM,
  type AeadAlgorithm,
  COMPLIANT_EXPORTER,
  NEXT_PROTOCOL,
} from '../../../ntp-gateway/wire/nts.ts';
import { encodeRecords } from '../../../ntp-gateway/wire/nts-record.ts';

export const requestFor = (algorithm: AeadAlgorithm): Uint8Array =>
  encodeRecords([
    { critical: true, type: NEXT_PROTOCOL, body: Uint8Array.of(0, 0) },
    { critical: true, type: AEAD_ALGORITHM, body: Uint8Array.of(0, algorithm) },
    { critical: false, type: COMPLIANT_EXPORTER, body: new Uint8Array() },
  ]);
