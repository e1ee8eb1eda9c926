/** Where a reply's words stand, and those that a batch of replies has in common. Octets of the header: wire/ntp-packet.ts. */
import type { ServedLine } from './served-line.ts';

const STRATUM = 1;
export const POLL = 2;
export const PRECISION = 3;
const ROOT_DELAY = 4;
export const ROOT_DISPERSION = 8;
const REFERENCE_ID = 12;
const REFERENCE = 16;
export const ORIGIN = 24;
export const RECEIVE = 32;
export const TRANSMIT = 40;

/** The kiss code "RATE", RFC 5905 §7.4. */
export const KISS_RATE = 0x52415445;
const ONE_SECOND = 0x10000; // in 2^-16 s

/** All that the line says but its time and how far off that may be. */
export const describe = (line: ServedLine, replies: DataView, to: number): void => {
  replies.setUint8(to + STRATUM, line.stratum);
  replies.setUint32(to + ROOT_DELAY, line.rootDelay);
  replies.setUint32(to + REFERENCE_ID, line.referenceId);
  replies.setUint32(to + REFERENCE, line.referenceSeconds);
  replies.setUint32(to + REFERENCE + 4, line.referenceFraction);
};

/** Not synchronized, as chronyd says it. @param kiss - a kiss code, 0 for none. */
export const describeNothing = (kiss: number, replies: DataView, to: number): void => {
  replies.setUint8(to + STRATUM, 0);
  replies.setUint32(to + ROOT_DELAY, ONE_SECOND);
  replies.setUint32(to + ROOT_DISPERSION, ONE_SECOND);
  replies.setUint32(to + REFERENCE_ID, kiss);
  replies.setUint32(to + REFERENCE, 0);
  replies.setUint32(to + REFERENCE + 4, 0);
};
