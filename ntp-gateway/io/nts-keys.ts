/** The two keys that both ends of a key exchange take out of its TLS session: RFC 8915 §5.1. */
import type { TLSSocket } from 'node:tls';
import type { NtsKeys } from '../protocol/nts-session.ts';
import { type AeadAlgorithm, keySizeOf } from '../wire/nts.ts';
import { type Direction, EXPORTER_LABEL, exporterContext } from '../wire/nts-exporter.ts';

/** @param isCompliant - as `exporterContext` has it. */
export const exportKeys = (socket: TLSSocket, algorithm: AeadAlgorithm, isCompliant: boolean): NtsKeys => {
  const key = (direction: Direction): Uint8Array => {
    const context = Buffer.from(exporterContext(algorithm, isCompliant, direction));
    return new Uint8Array(socket.exportKeyingMaterial(keySizeOf(algorithm), EXPORTER_LABEL, context));
  };
  return { c2s: key('c2s'), s2c: key('s2c') };
};
