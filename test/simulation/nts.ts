/** NTS in the simulation: servers that open cookies, and a gateway that seals its requests with the product's own session. */
import { createHash } from 'node:crypto';
import { ok, type Result, refuse } from '#contract/result.ts';
import { after, seconds, type UnixNanos } from '#contract/time.ts';
import { openCryptography } from '#native/cryptography.ts';
import type { Datagram, Ports } from '../../ntp-gateway/ports.ts';
import type { KeyExchangeRefusal } from '../../ntp-gateway/protocol/authentication.ts';
import type { KeysAgreed } from '../../ntp-gateway/protocol/keys.ts';
import {
  NTS_SESSION_MEMORY,
  type NtsKeys,
  type NtsSession,
  openReply,
  REQUEST_CHANCE,
  sealRequest,
} from '../../ntp-gateway/protocol/nts-session.ts';
import { AES_SIV_CMAC_256, type AeadAlgorithm } from '../../ntp-gateway/wire/nts.ts';
import { fieldsOf, NAK, openRequest, sealReply } from '../support/nts-peer.ts';
import type { SimulatedServer } from './server.ts';
import { referenceIdOf } from './world.ts';

const UNIQUE_IDENTIFIER = 0x0104;
const COOKIE = 0x0204;
const YEAR = seconds(365.25 * 86_400);

/** @param issued - when its certificates were: they hold for a year. */
export const makeNts = (issued: UnixNanos, algorithm: AeadAlgorithm = AES_SIV_CMAC_256) => {
  let serial = 0;
  /** What is random elsewhere: the same in each run, and never twice. */
  const fresh = (octets: number): Uint8Array => {
    const blocks = Array.from({ length: Math.ceil(octets / 32) }, () =>
      createHash('sha256').update(`${serial++}`).digest(),
    );
    return Uint8Array.from(Buffer.concat(blocks).subarray(0, octets));
  };
  const cryptography = openCryptography(NTS_SESSION_MEMORY, 1, 1);
  const sessions = new Map<string, NtsSession>();
  let issuedTo = new Map<string, NtsKeys>();
  let exchanges = 0;

  const bake = (keys: NtsKeys): Uint8Array => {
    const cookie = fresh(100);
    issuedTo.set(`${cookie}`, keys);
    return cookie;
  };

  const answer = (request: Uint8Array, header: Uint8Array): Uint8Array => {
    const bodyOf = (type: number) => fieldsOf(request).find((one) => one.type === type)?.body;
    const identifier = bodyOf(UNIQUE_IDENTIFIER)!;
    const keys = issuedTo.get(`${bodyOf(COOKIE)}`);
    const opened = keys && openRequest({ algorithm, c2s: keys.c2s }, request);
    const origin = header.subarray(24, 32);
    if (!keys || !opened) {
      const nak = Uint8Array.from(NAK);
      nak.set(origin, 24);
      return Uint8Array.from(Buffer.concat([nak, Buffer.from([1, 4, 0, 36]), identifier]));
    }
    const cookies = [opened.cookie, ...opened.placeholders].map(() => bake(keys));
    return Uint8Array.from(sealReply({ algorithm, s2c: keys.s2c }, { header, identifier, cookies, nonce: fresh(16) }));
  };

  const judge = (source: string, datagram: Datagram): Datagram => {
    const session = sessions.get(source)!;
    const opened = datagram.fromServer ? openReply(session, datagram.bytes, cryptography) : refuse('unauthenticated');
    if (!opened.ok) return { ...datagram, authentication: opened.reason, cookies: session.cookies.length };
    sessions.set(source, opened.value.session);
    const { header, session: next } = opened.value;
    return { ...datagram, bytes: header, authentication: 'authentic', cookies: next.cookies.length };
  };

  return {
    exchanges: () => exchanges,
    /** The servers lose their keys. */
    forget: (): void => {
      issuedTo = new Map();
    },
    /** A server that answers requests with cookies, and no others. */
    protect: (server: SimulatedServer): SimulatedServer => ({
      travel: server.travel,
      answer: (request, now, dice) =>
        request.length === 48
          ? []
          : server
              .answer(request.subarray(0, 48), now, dice)
              .map((reply) => ({ ...reply, bytes: answer(request, reply.bytes) })),
    }),
    /** What io/authentication.ts does, less TLS. */
    around: (ports: Ports): Ports => ({
      ...ports,
      ask: (asked, bytes, sent, heard) => {
        if (!asked.nts) return ports.ask(asked, bytes, sent, heard);
        const sealed = sealRequest(sessions.get(asked.source)!, bytes, fresh(REQUEST_CHANCE), cryptography)!;
        sessions.set(asked.source, sealed.session);
        return ports.ask(asked, sealed.bytes, sent, (datagram) => heard(judge(asked.source, datagram)));
      },
      exchangeKeys: async ({ source, address, port }): Promise<Result<KeysAgreed, KeyExchangeRefusal>> => {
        exchanges++;
        const keys = { c2s: fresh(32), s2c: fresh(32) };
        const cookies = Array.from({ length: 8 }, () => bake(keys));
        sessions.set(source, { algorithm, keys, cookies });
        return ok({
          algorithm,
          cookies: 8,
          server: { address, port, referenceId: referenceIdOf(address) },
          validity: { earliest: issued, latest: after(issued, YEAR) },
          isRemembered: false,
        });
      },
    }),
  };
};
