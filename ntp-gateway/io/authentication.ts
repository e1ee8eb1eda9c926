/** Requests to servers that are to authenticate themselves, and what came back: all secrets of the client stay in here. */
import { isDeepStrictEqual } from 'node:util';
import { ok, type Result, refuse } from '#contract/result.ts';
import type { UnixNanos } from '#contract/time.ts';
import type { Asked, Datagram, KeyServer, Ports } from '../ports.ts';
import type { AuthenticationRefusal } from '../protocol/authentication.ts';
import type { OpenCryptography } from '../protocol/cryptography.ts';
import type { KeysAgreed } from '../protocol/keys.ts';
import { NTS_SESSION_MEMORY, openReply, REQUEST_CHANCE, sealRequest } from '../protocol/nts-session.ts';
import type { SymmetricKey } from '../protocol/server-keys.ts';
import { signRequest, verifyReply } from '../protocol/symmetric.ts';
import { keeping } from './keeping.ts';
import { type AgreementParts, agreeWith } from './key-agreement.ts';
import type { ExporterGuess } from './key-exchange.ts';
import { type KeptSession, keepSessions, sessionsPath, takeSessions } from './nts-sessions.ts';
import type { Ask } from './udp.ts';

export type Authentication = Pick<Ports, 'ask' | 'exchangeKeys' | 'keepKeys'> & {
  /** From now on these are the symmetric ones. A reply counts by the key of its request. */
  readonly followKeys: (keys: readonly SymmetricKey[]) => void;
};

export type AuthenticationParts = AgreementParts & {
  readonly wall: Ports['wall'];
  /** Without authentication. */
  readonly ask: Ask;
  readonly keys: readonly SymmetricKey[];
  readonly stateDir: string;
  readonly openCryptography: OpenCryptography;
  /** So many octets that nobody can guess. */
  readonly chance: (octets: number) => Uint8Array;
};

type Opened = Result<Uint8Array, AuthenticationRefusal>;

/** How one request goes out, and what its replies are worth. */
type Sealed = { readonly bytes: Uint8Array; readonly open: (bytes: Uint8Array) => Opened };

const NOTHING = new Uint8Array();
/** Far more than are asked at once: members of pools come and go. Who was not asked for longest goes first. */
const MOST_SESSIONS = 256;

export const openAuthentication = (parts: AuthenticationParts): Authentication => {
  const cryptography = parts.openCryptography(NTS_SESSION_MEMORY, 1, 1);
  const sessions = new Map<string, KeptSession>();
  const remembered = new Map(takeSessions(parts.stateDir).map((kept) => [kept.with.source, kept]));
  const guesses = new Map<string, ExporterGuess>();
  /** With whom each source exchanges keys. */
  const exchanging = new Map<string, KeyServer>();
  let { keys } = parts;
  const agree = agreeWith(parts);

  const sealFor = ({ source, key, nts }: Asked, bytes: Uint8Array): Sealed | undefined => {
    if (key !== undefined) return sealByKey(key, bytes);
    return nts ? sealBySession(source, bytes) : { bytes, open: ok };
  };

  const sealByKey = (id: number, bytes: Uint8Array): Sealed | undefined => {
    const key = keys.find((one) => one.id === id);
    if (!key) return undefined;
    return { bytes: signRequest(key, bytes, cryptography), open: (reply) => verifyReply(key, reply, cryptography) };
  };

  const sealBySession = (source: string, header: Uint8Array): Sealed | undefined => {
    const kept = sessions.get(source);
    const sealed = kept && sealRequest(kept.session, header, parts.chance(REQUEST_CHANCE), cryptography);
    if (!sealed) return undefined;
    take({ ...kept, session: sealed.session });
    return { bytes: sealed.bytes, open: (reply) => openBySession(source, reply) };
  };

  /** By the keys of now: of a request from before they were exchanged, nothing counts any more. */
  const openBySession = (source: string, bytes: Uint8Array): Opened => {
    const kept = sessions.get(source);
    if (!kept) return refuse('wrong-identifier');
    const opened = openReply(kept.session, bytes, cryptography);
    const { guess, ...certain } = kept;
    if (!opened.ok) {
      // Perhaps it has other keys: the next exchange tries those.
      if (guess && opened.reason === 'nts-nak') guesses.set(source, { isCompliant: !guess.isCompliant });
      return opened;
    }
    if (guess) guesses.set(source, guess); // whatever an NTSN has said meanwhile
    sessions.set(source, { ...certain, session: opened.value.session });
    return ok(opened.value.header);
  };

  const judge = (server: Asked, sealed: Sealed, datagram: Datagram): Datagram => {
    if (server.key === undefined && !server.nts) return datagram;
    const opened = datagram.fromServer ? sealed.open(datagram.bytes) : refuse('unauthenticated');
    return {
      ...datagram,
      bytes: opened.ok ? opened.value : NOTHING,
      authentication: opened.ok ? 'authentic' : opened.reason,
      ...(server.nts && { cookies: sessions.get(server.source)?.session.cookies.length ?? 0 }),
    };
  };

  const take = (kept: KeptSession): void => {
    sessions.delete(kept.with.source); // so that it stands last
    sessions.set(kept.with.source, kept);
    const [oldest] = sessions.keys();
    if (sessions.size > MOST_SESSIONS && oldest !== undefined) sessions.delete(oldest);
  };

  return {
    ask: (server, bytes, sent, heard) => {
      const sealed = sealFor(server, bytes);
      if (sealed) return parts.ask(server, sealed.bytes, sent, (datagram) => heard(judge(server, sealed, datagram)));
      let open = true;
      queueMicrotask(() => open && sent(undefined)); // our caller has yet to know how to close it
      return () => {
        open = false;
      };
    },
    exchangeKeys: async (server, time) => {
      const earlier = remembered.get(server.source);
      remembered.delete(server.source);
      if (earlier && isDeepStrictEqual(earlier.with, server) && !hasEnded(earlier, time?.time ?? parts.wall())) {
        take(earlier);
        return ok(agreedOf(earlier, true));
      }
      exchanging.set(server.source, server);
      const fresh = await agree(server, time, guesses.get(server.source));
      // Meanwhile the operator may have said that another is to be believed in its place: these must not replace that one's.
      if (exchanging.get(server.source) !== server) return refuse('duplicate', 'others are exchanged in their place');
      exchanging.delete(server.source);
      if (!fresh.ok) return fresh;
      take(fresh.value);
      return ok(agreedOf(fresh.value, false));
    },
    followKeys: (next) => {
      keys = next;
    },
    keepKeys: () => {
      const untaken = [...remembered.values()].filter((kept) => !hasEnded(kept, parts.wall()));
      const kept = [...untaken, ...sessions.values()].slice(-MOST_SESSIONS);
      keeping.keep(sessionsPath(parts.stateDir), () => keepSessions(parts.stateDir, kept));
    },
  };
};

const agreedOf = ({ agreed, session }: KeptSession, isRemembered: boolean): KeysAgreed => ({
  ...agreed,
  algorithm: session.algorithm,
  cookies: session.cookies.length,
  isRemembered,
});

/** That it has not begun says only that a clock is behind: the certificate was looked at by an earlier run. */
const hasEnded = ({ agreed }: KeptSession, time: UnixNanos): boolean => time > agreed.validity.latest;
