/**
 * `node probe.ts EPOCH SECONDS PORT...`: asks each server about once a second, all of them in turn and several times within
 * a few milliseconds, and prints of each round the best exchange with each: a JSON array of `Round`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { CLOCK_REALTIME, openClock } from '#native/clocks.ts';
import { connectUdp } from '#native/udp-batch.ts';
import { randomFrom } from '../../support/dice.ts';

/** All in ns. The server's clock less this host's lies between `least` and `most`, whatever the way took. */
export type Exchange = {
  /** When the request left, since EPOCH. */
  readonly at: number;
  /** t3 − t4 and t2 − t1. */
  readonly least: number;
  readonly most: number;
  /** What the server says that it is off by at most: RFC 5905 §11.2, root delay / 2 + root dispersion. */
  readonly rootDistance: number;
  readonly synchronized: boolean;
};
/** One for each server, as they were named; null where it did not answer. */
export type Round = readonly (Exchange | null)[];

/** Of one look. Whoever has no exchange by then that leaves less than ± 50 µs open, since the machine is busy, is asked on. */
const TRIES = 8;
const MOST_TRIES = 100;
const GOOD = 100_000;
const SIZE = 48;
const PATIENCE_MS = 20;
const NTP_TO_UNIX = 2_208_988_800n;

const [epoch = '', seconds = '', ...ports] = process.argv.slice(2);
const now = openClock(CLOCK_REALTIME)!;
/** ns since 1970, on the host's clock: ms as `Date.now()` has them, so that processes agree on it. */
const zero = BigInt(epoch) * 1_000_000n;

const nanosAt = (packet: DataView, at: number): bigint =>
  (BigInt(packet.getUint32(at)) - NTP_TO_UNIX) * 1_000_000_000n +
  ((BigInt(packet.getUint32(at + 4)) * 1_000_000_000n) >> 32n);
const shortAt = (packet: DataView, at: number): number => (packet.getUint32(at) / 2 ** 16) * 1e9;

const open = (port: number) => {
  const { outgoing, incoming, send, receive, lengthOf } = connectUdp({
    port,
    count: 1,
    size: SIZE,
    patienceMs: PATIENCE_MS,
  });
  const request = new DataView(outgoing.buffer, outgoing.byteOffset, SIZE);
  const reply = new DataView(incoming.buffer, incoming.byteOffset, SIZE);
  request.setUint8(0, 0x23); // RFC 5905 §7.3: LI 0, version 4, mode 3
  let cookie = 0n;
  return (): Exchange | null => {
    request.setBigUint64(40, ++cookie);
    const t1 = now();
    send(1);
    do if (receive() === 0) return null;
    while (lengthOf(0) < SIZE || reply.getBigUint64(24) !== cookie);
    const t4 = now();
    return {
      at: Number(t1 - zero),
      least: Number(nanosAt(reply, 40) - t4),
      most: Number(nanosAt(reply, 32) - t1),
      rootDistance: shortAt(reply, 4) / 2 + shortAt(reply, 8),
      synchronized: reply.getUint8(0) >> 6 !== 3 && reply.getUint8(1) > 0,
    };
  };
};

const roundTrip = ({ least, most }: Exchange): number => most - least;
const better = (a: Exchange | null, b: Exchange | null): Exchange | null =>
  a && b ? (roundTrip(b) < roundTrip(a) ? b : a) : (a ?? b);

const isGood = (exchange: Exchange | null): boolean => exchange !== null && roundTrip(exchange) < GOOD;

const servers = ports.map((port) => open(Number(port)));
const rounds: Round[] = [];
/** Not at whole seconds: who polls once a second must not always be looked at in the same state. */
const dice = randomFrom(1, 'probe');
const until = performance.now() + Number(seconds) * 1_000;
while (performance.now() < until) {
  let round: Round = ports.map(() => null);
  for (let i = 0; i < MOST_TRIES; i++) {
    round = servers.map((ask, server) =>
      i < TRIES || !isGood(round[server]!) ? better(round[server]!, ask()) : round[server]!,
    );
  }
  rounds.push(round);
  await sleep(500 + 1_000 * dice.fraction());
}
console.log(JSON.stringify(rounds));
