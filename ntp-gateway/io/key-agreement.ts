/** A whole key exchange: whom to believe, the exchange itself, and where the NTP server that it names is. */
import { isIPv6 } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { ok, type Result, refuse } from '#contract/result.ts';
import type { VerifyChain } from '#native/certificate-chain.ts';
import type { KeyServer, Ports } from '../ports.ts';
import type { KeyExchangeRefusal } from '../protocol/authentication.ts';
import type { ClockReading } from '../protocol/server-state.ts';
import { type Authorities, authoritiesIn, systemAuthorities } from './authorities.ts';
import { type ExporterGuess, exchangeKeysWith } from './key-exchange.ts';
import type { KeptSession } from './nts-sessions.ts';
import { judgeCertificate } from './peer-certificate.ts';
import { SetupError } from './setup-error.ts';

export type AgreementParts = Pick<Ports, 'resolve' | 'log'> & {
  /** Absent where the machine cannot. */
  readonly verifyChain?: VerifyChain;
};

/** @param time - by our own clock, where it has one. */
export type Agree = (
  server: KeyServer,
  time: ClockReading | undefined,
  guess: ExporterGuess | undefined,
) => Promise<Result<KeptSession, KeyExchangeRefusal>>;

export const agreeWith = ({ resolve, log, verifyChain }: AgreementParts): Agree => {
  const relaxed = new Set<string>();
  const warnOnce = (source: string): void => {
    if (relaxed.has(source)) return;
    relaxed.add(source);
    const msg = `source ${source}: by the host’s clock its certificate is out of date; believed, since no time is known yet`;
    log({ event: 'certificate-out-of-date', level: 'warn', source, msg });
  };

  return async (server, time, guess) => {
    const authorities = authoritiesOf(server);
    if (!authorities.ok) return authorities;
    const judge = (socket: TLSSocket): ReturnType<typeof judgeCertificate> =>
      judgeCertificate(socket, server.name, authorities.value.certificates, time, verifyChain);
    const exchanged = await exchangeKeysWith(server, authorities.value, judge, guess);
    if (!exchanged.ok) return exchanged;
    const { session, guess: guessed, validity, isRelaxed, server: other, port = server.port } = exchanged.value;
    const found = await resolve(other ?? server.address);
    // Where it has addresses of both kinds, the kind by which keys were exchanged is known to get there.
    const resolved = found.find(({ address }) => isIPv6(address) === isIPv6(server.address)) ?? found[0];
    if (!resolved) return refuse('unresolved', other);
    if (isRelaxed) warnOnce(server.source);
    const agreed = { server: { ...resolved, port }, validity };
    return ok({ with: server, agreed, session, ...(guessed && { guess: guessed }) });
  };
};

const authoritiesOf = ({ nts: { ca } }: KeyServer): Result<Authorities, KeyExchangeRefusal> => {
  try {
    return ok(ca === undefined ? systemAuthorities() : authoritiesIn(ca));
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    return refuse('certificate-untrusted', error.message);
  }
};
