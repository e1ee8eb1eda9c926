/** Whether the other end of a TLS connection is the edge that was meant. */
import type { VerifyChain } from '#native/certificate-chain.ts';
import type { Ports } from '../ports.ts';
import { type Authorities, systemAuthorities } from './authorities.ts';
import type { Tls } from './edge-connection.ts';
import { judgeCertificate } from './peer-certificate.ts';

export type EdgeTlsParts = Pick<Ports, 'log'> & {
  /** What it is to us: asked for the time, or published to and asked what it tells. */
  readonly as: 'source' | 'edge';
  /** Absent where the machine cannot. */
  readonly verifyChain?: VerifyChain;
  readonly authorities?: () => Authorities;
};

/**
 * Without a time the certificate's dates are overlooked: what is signed by the pinned key decides, and a host that has no time yet has
 * nothing to judge them by.
 */
export const edgeTls = (
  origin: string,
  { as, verifyChain, log, authorities = systemAuthorities }: EdgeTlsParts,
): (() => Tls) => {
  const host = new URL(origin).hostname.replace(/^\[|\]$/g, '');
  let isSaid = false;
  return () => {
    const { context, certificates } = authorities();
    return {
      context,
      judge: (socket, time) => {
        const judged = judgeCertificate(socket, host, certificates, time, verifyChain);
        if (judged.ok && judged.value.isRelaxed && !isSaid) {
          isSaid = true;
          const msg = `${as} ${origin}: by the host’s clock its certificate is out of date; the pinned key decides`;
          log({ event: 'certificate-out-of-date', level: 'warn', [as]: origin, msg });
        }
        return judged;
      },
    };
  };
};
