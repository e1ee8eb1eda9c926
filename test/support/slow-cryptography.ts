/** A `Cryptography` of node:crypto alone. */
import type { MacAlgorithm } from '../../ntp-gateway/config.ts';
import type { OpenCryptography } from '../../ntp-gateway/protocol/cryptography.ts';
import { type AeadAlgorithm, keySizeOf, TAG_SIZE } from '../../ntp-gateway/wire/nts.ts';
import { digestByNode, openByNode, sealByNode } from './node-cryptography.ts';

export const openSlowCryptography: OpenCryptography = (size) => {
  const buffer = new ArrayBuffer(size);
  const octets = new Uint8Array(buffer);
  const keys = new Map<number, { algorithm: AeadAlgorithm; key: Uint8Array }>();
  const secrets = new Map<number, { algorithm: MacAlgorithm; secret: Uint8Array }>();
  return {
    engine: 'portable',
    memory: new DataView(buffer),
    octets,
    setKey: (context, algorithm, at) =>
      void keys.set(context, { algorithm, key: octets.slice(at, at + keySizeOf(algorithm)) }),
    seal: (context, nonceAt, nonceLength, associatedAt, associatedLength, at, length, to) => {
      const nonce = octets.slice(nonceAt, nonceAt + nonceLength);
      const associated = octets.slice(associatedAt, associatedAt + associatedLength);
      octets.set(sealByNode({ ...keys.get(context)!, nonce, associated }, octets.slice(at, at + length)), to);
    },
    open: (context, nonceAt, nonceLength, associatedAt, associatedLength, at, length, to) => {
      if (length < TAG_SIZE) return false;
      const nonce = octets.slice(nonceAt, nonceAt + nonceLength);
      const associated = octets.slice(associatedAt, associatedAt + associatedLength);
      const plain = openByNode({ ...keys.get(context)!, nonce, associated }, octets.slice(at, at + length));
      if (plain) octets.set(plain, to);
      return plain !== undefined;
    },
    setSecret: (context, algorithm, secret) => void secrets.set(context, { algorithm, secret }),
    digest: (context, at, length, to) => {
      const { algorithm, secret } = secrets.get(context)!;
      const digest = digestByNode(algorithm, secret, octets.slice(at, at + length));
      octets.set(digest, to);
      return digest.length;
    },
    free: () => {},
  };
};
