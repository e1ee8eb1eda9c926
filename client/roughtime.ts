/**
 * Asks Roughtime servers one after the other, all of them twice (RFC 10049 §8.2): what time most of them tell, and whether
 * what they signed proves that one of them lied.
 *
 * The RFC wants three servers at least, of different operators. Of two, both must agree, and where they do not, nothing says
 * which one lies. One is believed by itself, and can only be caught by its own two answers.
 */
import { agree, type Interval, intersect, intersectAll, later, majority } from '#contract/interval.ts';
import { ok, type Result, refuse } from '#contract/result.ts';
import { contradictions, type Link, nextNonce } from '#contract/roughtime/chain.ts';
import { encodeReport, MAX_LINKS } from '#contract/roughtime/malfeasance-report.ts';
import { makeRequest, serverId } from '#contract/roughtime/request.ts';
import { intervalOf, type RoughTime } from '#contract/roughtime/rough-time.ts';
import { type ResponseFault, verifyResponse } from '#contract/roughtime/verification.ts';
import { milliseconds } from '#contract/time.ts';
import { type Bytes, base64 } from '#contract/web-platform.ts';

export type NoResponse = 'timeout' | 'unreachable' | 'too-long';
/** Sends a request and waits for what comes back, as long as it likes. Never rejects. */
export type Transport = (request: Bytes) => Promise<Result<Bytes, NoResponse>>;

export type RoughtimeServer = {
  readonly name: string;
  /** Its long-term key, which the caller trusts. */
  readonly publicKey: Bytes;
  readonly exchange: Transport;
};

export type RoughtimePorts = {
  /** 32 bytes of dice, others each time. */
  readonly rand: () => Bytes;
  /**
   * Clocks of this host in ms, each right to within 1 ms while it runs: `performance.now()` and `Date.now()`, for example. One may
   * stand still while the host sleeps and the other be set, so that each length of time is taken for the shortest to the longest.
   */
  readonly clocks: () => readonly number[];
};

/** A response that its server has signed: its time lay between the two readings. */
export type Reading = {
  readonly server: string;
  readonly time: RoughTime;
  readonly sent: readonly number[];
  readonly received: readonly number[];
};

export type RoughtimeVerdict =
  | 'agrees'
  /** What most servers say excludes it. */
  | 'outvoted'
  /** Too few say the same. */
  | 'undecided'
  /** Its own two times exclude each other. */
  | 'contradicts-itself'
  /** Nothing that it said could be believed; `rounds` has the words. */
  | 'silent';

export type Measurement = {
  /** In the order in which they were asked. */
  readonly servers: readonly {
    readonly name: string;
    readonly rounds: readonly Result<Reading, NoResponse | ResponseFault>[];
    readonly verdict: RoughtimeVerdict;
  }[];
  /** True time as the clocks stood `at`, if more than half of all that were asked are right. Who is silent agrees with nobody. */
  readonly agreed: Result<Interval, 'no-majority'>;
  readonly at: readonly number[];
  /** Where two signed times cannot both be right (§8.4): proof for others that somebody lied. Nothing unsigned is in it. */
  readonly malfeasance?: {
    /** The former of each pair came first, and is certainly later. */
    readonly contradictions: readonly (readonly [Reading, Reading])[];
    /** `application/roughtime-malfeasance+json`. */
    readonly report: string;
  };
};

/** Who is asked once can lie to the last of all unseen (§8.2). */
const ROUNDS = 2;
export const MOST_SERVERS = MAX_LINKS / ROUNDS;
/** More than any quartz runs off in the time of a measurement. */
const DRIFT = 500e-6;
const CLOCK_ERROR_MS = 1;

/** @throws RangeError for more than `MOST_SERVERS`, and for a key that is there twice: it would have two votes. */
export const askRoughtime = async (
  servers: readonly RoughtimeServer[],
  ports: RoughtimePorts,
): Promise<Measurement> => {
  if (servers.length > MOST_SERVERS) throw new RangeError(`${servers.length} servers: more than a report holds`);
  if (new Set(servers.map(({ publicKey }) => base64(publicKey))).size < servers.length)
    throw new RangeError('two servers of one key');

  const rounds = servers.map((): Result<Reading, NoResponse | ResponseFault>[] => []);
  const chain: { readonly reading: Reading; readonly link: Link }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, server] of servers.entries()) {
      // The nonce is made of the last response that was verified: whoever fails leaves no gap in the proof.
      const told = await probe(server, chain.at(-1)?.link, ports);
      if (told.ok) chain.push(told.value);
      rounds[index]?.push(told.ok ? ok(told.value.reading) : told);
    }
  }

  const at = ports.clocks();
  const words = rounds.map((results) => {
    const readings = results.flatMap((one) => (one.ok ? [intervalAt(one.value, at)] : []));
    return { isSilent: readings.length === 0, interval: intersectAll(readings) };
  });
  const intervals = words.flatMap(({ interval }) => (interval ? [interval] : []));
  const common = agree(intervals, majority(servers.length));
  const verdictOf = ({ isSilent, interval }: (typeof words)[number]): RoughtimeVerdict => {
    if (isSilent) return 'silent';
    if (!interval) return 'contradicts-itself';
    if (!common) return 'undecided';
    return intersect(interval, common) ? 'agrees' : 'outvoted';
  };
  const pairs = contradictions(chain.map(({ reading }) => reading.time));
  return {
    servers: servers.map(({ name }, i) => ({ name, rounds: rounds[i]!, verdict: verdictOf(words[i]!) })),
    agreed: common ? ok(common) : refuse('no-majority'),
    at,
    ...(pairs.length > 0 && {
      malfeasance: {
        contradictions: pairs.map(([i, j]) => [chain[i]!.reading, chain[j]!.reading] as const),
        report: encodeReport(chain.map(({ link }) => link)),
      },
    }),
  };
};

const probe = async (
  { name, publicKey, exchange }: RoughtimeServer,
  previous: Link | undefined,
  ports: RoughtimePorts,
): Promise<Result<{ readonly reading: Reading; readonly link: Link }, NoResponse | ResponseFault>> => {
  const rand = ports.rand();
  const nonce = previous ? await nextNonce(previous.response, rand) : rand;
  const request = makeRequest(nonce, await serverId(publicKey));
  const sent = ports.clocks();
  const response = await exchange(request);
  const received = ports.clocks();
  if (!response.ok) return response;
  const time = await verifyResponse(response.value, request, publicKey);
  if (!time.ok) return time;
  return ok({
    reading: { server: name, time: time.value, sent, received },
    link: { rand: previous && rand, publicKey, request, response: response.value },
  });
};

/** What a server's word makes of true time as the clocks stand `at`. */
const intervalAt = ({ time, sent, received }: Reading, at: readonly number[]): Interval => {
  const least = Math.min(...at.map((now, i) => now - received[i]!)) - CLOCK_ERROR_MS;
  const most = Math.max(...at.map((now, i) => now - sent[i]!)) + CLOCK_ERROR_MS;
  return later(
    intervalOf(time),
    milliseconds(least - DRIFT * Math.abs(least)),
    milliseconds(most + DRIFT * Math.abs(most)),
  );
};
