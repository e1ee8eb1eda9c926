/** How fast and at what cost authenticated requests are answered. */
import { AES_128_GCM_SIV, AES_SIV_CMAC_256 } from '../../../ntp-gateway/wire/nts.ts';
import { moveChildrenToAnswering } from '../cores.ts';
import { alternate, type Figure } from '../figures.ts';
import type { NtpLoad } from '../load/ntp.ts';
import { type Cost, closedLoop, compare, type Length, paced, ratesOf } from '../server/measure.ts';
import {
  CMAC,
  type NtsContestant,
  SHA1,
  startOursWithNewerNettle,
  startOursWithNts,
  startOursWithoutNettle,
  startTheirsWithNts,
} from './contestants.ts';
import { type Recorded, recordMac, recordNts } from './recorded.ts';

type Kind = {
  readonly name: string;
  readonly record: (server: NtsContestant) => Recorded | Promise<Recorded>;
  /** Of requests/s. */
  readonly aim?: string;
  /** Which chronyd. */
  readonly newer?: boolean;
  readonly startOurs?: () => Promise<NtsContestant>;
};

export const PLAIN: Recorded = { packets: [], args: [], check: () => {} };
export const recordSiv = ({ ntsPort }: NtsContestant): Promise<Recorded> => recordNts(ntsPort, AES_SIV_CMAC_256);

/** Each client asks twice in one go: one by one, the load's core would be full before the servers' is. */
const QUICKLY = ['--in-one', '2'];

/** One round, of whose replies one is opened. */
export const askRecorded =
  (server: NtsContestant, { args, check }: Recorded, seconds: number) =>
  async (): Promise<NtpLoad & Cost> => {
    const found = await closedLoop(server, seconds, [...args, ...QUICKLY])();
    check(Buffer.from(found.last, 'hex'));
    return found;
  };

const throughput =
  ({ name, record, aim, newer = false, startOurs = startOursWithNts }: Kind) =>
  async ({ seconds, rounds }: Length): Promise<readonly Figure[]> => {
    await using ours = await startOurs();
    await using theirs = await startTheirsWithNts(newer);
    await moveChildrenToAnswering();
    const found = await alternate(rounds, {
      ours: askRecorded(ours, await record(ours), seconds),
      theirs: askRecorded(theirs, await record(theirs), seconds),
    });
    return ratesOf(name, found, newer ? 'newer chronyd' : 'chronyd', aim === undefined ? [] : [aim]);
  };

export const benchPlain = throughput({ name: 'plain', record: () => PLAIN });
export const benchSiv = throughput({ name: 'NTS', record: recordSiv, aim: '≥ 1' });
export const benchOpenssl = throughput({
  name: 'NTS with OpenSSL alone',
  record: recordSiv,
  aim: '≥ 0.4',
  startOurs: startOursWithoutNettle,
});
export const benchGcmSiv = throughput({
  name: 'NTS, AES-128-GCM-SIV',
  record: ({ ntsPort }) => recordNts(ntsPort, AES_128_GCM_SIV),
  aim: '≥ 1',
  newer: true,
  startOurs: startOursWithNewerNettle,
});
export const benchCmac = throughput({ name: 'AES-128-CMAC', record: () => recordMac(CMAC) });
export const benchSha1 = throughput({ name: 'SHA-1', record: () => recordMac(SHA1) });

const RATE = 10_000;

export const benchLatency = async ({ seconds, rounds }: Length): Promise<readonly Figure[]> => {
  await using ours = await startOursWithNts();
  await using theirs = await startTheirsWithNts();
  await moveChildrenToAnswering();
  const asked = async (server: NtsContestant) =>
    paced(server, seconds, [...(await recordSiv(server)).args, '--rate', `${RATE}`]);
  const row = compare(await alternate(rounds, { ours: await asked(ours), theirs: await asked(theirs) }), 'chronyd');
  const name = '10 000 NTS requests/s';
  return [
    row(`${name}, p50`, 'µs', ({ p50 }) => p50),
    row(`${name}, p99`, 'µs', ({ p99 }) => p99),
    row(`${name}, without a reply`, '%', ({ lost }) => 100 * lost),
    row(`${name}, processor time`, 'µs/request', ({ cpuMicros }) => cpuMicros),
  ];
};
