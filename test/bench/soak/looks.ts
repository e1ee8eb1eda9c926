/** What a caller sees, once a second: whether there is an answer, and whether its interval holds true time, which is this host's. */
import { askNtp } from '../../support/ask-ntp.ts';
import { askTime, hostMs } from '../../support/edge.ts';

export type Look = {
  /** The answer was there in time, and told a time. */
  readonly isThere: boolean;
  /** True where there was none: nothing false was said. */
  readonly isTrue: boolean;
  /** Half of its interval, in ms. */
  readonly boundMs: number;
};

const NOTHING: Look = { isThere: false, isTrue: true, boundMs: 0 };
const PATIENCE_MS = 900;
/** A datagram may be lost on its way, and is in a flood: who asks by UDP asks again. */
const TRIES = 2;
const NTP_TO_UNIX_MS = 2_208_988_800_000;

/** As a client of RFC 5905 reads it: the transmit timestamp ± the root distance. */
export const lookByNtp = async (port: number, tries = TRIES): Promise<Look> => {
  const before = hostMs();
  const reply = await askNtp(port, { withinMs: PATIENCE_MS / TRIES });
  const after = hostMs();
  if (!reply && tries > 1) return lookByNtp(port, tries - 1);
  if (!reply || reply.length < 48 || reply[0]! >> 6 === 3 || reply[1] === 0) return NOTHING;
  const [delay, dispersion] = [reply.readUInt32BE(4) / 65.536, reply.readUInt32BE(8) / 65.536];
  const told = reply.readUInt32BE(40) * 1e3 - NTP_TO_UNIX_MS + (reply.readUInt32BE(44) / 2 ** 32) * 1e3;
  return judged(told - delay / 2 - dispersion, told + delay / 2 + dispersion, before, after);
};

export const lookByHttps = async (url: string): Promise<Look> => {
  const asked = await askTime(url, AbortSignal.timeout(PATIENCE_MS)).catch(() => undefined);
  if (!asked) return NOTHING;
  const { answer, before, after } = asked;
  return judged(answer.earliestUnixMs, answer.latestUnixMs, before, after);
};

/** It was told at some instant between the two: true, unless all of them lie outside. */
const judged = (earliest: number, latest: number, before: number, after: number): Look => ({
  isThere: true,
  isTrue: earliest <= after && latest >= before,
  boundMs: (latest - earliest) / 2,
});
