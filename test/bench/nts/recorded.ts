/**
 * Authenticated requests that are made once and sent over and over: a server remembers nothing of them. Made and checked by
 * node:crypto, so that who is measured is not his own judge.
 */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SymmetricKey } from '../../../ntp-gateway/protocol/server-keys.ts';
import {
  type AeadAlgorithm,
  AUTHENTICATOR,
  COMPLIANT_EXPORTER,
  COOKIE,
  keySizeOf,
  NEW_COOKIE,
  nonceSizeOf,
  UNIQUE_IDENTIFIER,
} from '../../../ntp-gateway/wire/nts.ts';
import { EXPORTER_LABEL, exporterContext } from '../../../ntp-gateway/wire/nts-exporter.ts';
import { digestByNode, openByNode, sealByNode } from '../../support/node-cryptography.ts';
import { authenticator, field, fieldsOf, type PeerKeys } from '../../support/nts-peer.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { askForKeys } from '../load/ask-for-keys.ts';

export type Recorded = {
  readonly packets: readonly Uint8Array[];
  /** Of a load that is to send them. */
  readonly args: readonly string[];
  /** @throws where a reply to one of them does not authenticate itself. */
  readonly check: (reply: Buffer) => void;
};

/** One for each client of a load. */
const COUNT = 8_192;
/** Enough that no server gets by with the last client's keys. */
const SESSIONS = 8;
const HEADER = 48;
const [ORIGIN, TRANSMIT] = [24, 40];
/** RFC 5905 §7.3: LI 0, version 4, mode 3. */
const V4_REQUEST = 0x23;

/** @param serial - by which its reply is known. */
const headerOf = (serial: number): Buffer => {
  const header = Buffer.alloc(HEADER);
  header[0] = V4_REQUEST;
  header.writeUInt32BE(serial, TRANSMIT);
  header.writeUInt32BE(serial, TRANSMIT + 4);
  return header;
};

const record = (
  packetOf: (serial: number) => Uint8Array,
  isAuthentic: (reply: Buffer, serial: number) => boolean,
): Recorded => {
  const packets = Array.from({ length: COUNT }, (_, i) => packetOf(i + 1));
  const file = join(makeTempDir(), 'requests');
  writeFileSync(file, Buffer.concat(packets));
  const check = (reply: Buffer): void => {
    if (!isAuthentic(reply, reply.readUInt32BE(ORIGIN))) throw new Error(`not authentic: ${reply.toString('hex')}`);
  };
  return { packets, args: ['--what', file, '--sealed', `${COUNT}`, '--clients', `${COUNT}`], check };
};

type Session = PeerKeys & { readonly cookies: readonly Uint8Array[] };

const agree = (ntsPort: number, algorithm: AeadAlgorithm): Promise<Session> =>
  askForKeys(ntsPort, algorithm, '127.0.0.1', (records, socket) => {
    const cookies = records.filter(({ type }) => type === NEW_COOKIE).map(({ body }) => body.slice());
    const isCompliant = records.some(({ type }) => type === COMPLIANT_EXPORTER);
    const key = (direction: 'c2s' | 's2c'): Buffer => {
      const context = Buffer.from(exporterContext(algorithm, isCompliant, direction));
      return socket.exportKeyingMaterial(keySizeOf(algorithm), EXPORTER_LABEL, context);
    };
    return { algorithm, c2s: key('c2s'), s2c: key('s2c'), cookies };
  });

export const recordNts = async (ntsPort: number, algorithm: AeadAlgorithm): Promise<Recorded> => {
  const sessions: Session[] = [];
  while (sessions.length < SESSIONS) sessions.push(await agree(ntsPort, algorithm));
  const sessionOf = (serial: number): Session => sessions[serial % SESSIONS]!;
  const identifiers = Array.from({ length: COUNT + 1 }, () => randomBytes(32));
  const packetOf = (serial: number): Uint8Array => {
    const { c2s, cookies } = sessionOf(serial);
    const nonce = randomBytes(nonceSizeOf(algorithm));
    const associated = Buffer.concat([
      headerOf(serial),
      field(UNIQUE_IDENTIFIER, identifiers[serial]!),
      field(COOKIE, cookies[Math.floor(serial / SESSIONS) % cookies.length]!),
    ]);
    const sealed = sealByNode({ algorithm, key: c2s, nonce, associated }, new Uint8Array());
    return Buffer.concat([associated, authenticator(nonce, sealed)]);
  };
  /** RFC 8915 §5.6 and §5.7: it says the identifier again, and a fresh cookie under S2C. */
  const isAuthentic = (reply: Buffer, serial: number): boolean => {
    const fields = fieldsOf(reply);
    const [identifier, last] = [fields.find(({ type }) => type === UNIQUE_IDENTIFIER), fields.at(-1)];
    if (!identifier || !last || last.type !== AUTHENTICATOR) return false;
    if (!identifiers[serial]?.equals(identifier.body)) return false;
    const body = Buffer.from(last.body);
    const [nonceSize, sealedSize] = [body.readUInt16BE(0), body.readUInt16BE(2)];
    const nonce = body.subarray(4, 4 + nonceSize);
    const sealed = body.subarray(4 + nonceSize, 4 + nonceSize + sealedSize);
    const associated = reply.subarray(0, reply.length - 4 - body.length);
    const opened = openByNode({ algorithm, key: sessionOf(serial).s2c, nonce, associated }, sealed);
    return opened !== undefined && opened.length > 0;
  };
  return record(packetOf, isAuthentic);
};

/** RFC 7822 §3: in version 4 a MAC is a key's number and at most 20 octets of digest. */
export const recordMac = ({ id, algorithm, secret }: SymmetricKey): Recorded => {
  const macOf = (message: Buffer): Uint8Array => {
    const number = Buffer.alloc(4);
    number.writeUInt32BE(id);
    return Buffer.concat([number, digestByNode(algorithm, secret, message).subarray(0, 20)]);
  };
  const packetOf = (serial: number): Uint8Array => Buffer.concat([headerOf(serial), macOf(headerOf(serial))]);
  return record(packetOf, (reply) => reply.subarray(HEADER).equals(macOf(reply.subarray(0, HEADER))));
};
