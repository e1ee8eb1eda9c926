/**
 * ntpd-rs as a client and as a server with NTS. It ends where it may not set the clock, so it is made to believe that it does.
 *
 * It takes every server at a loopback address for itself and thus for a loop, so that it does not choose ours; by then it has
 * authenticated and measured it.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify, type TomlTable } from 'smol-toml';
import { askNtp } from './ask-ntp.ts';
import { makeCertificate, type TestCertificate } from './certificate.ts';
import { type Child, startChild } from './child.ts';
import { freeTcpPort, freeUdpPort } from './free-port.ts';
import { startWithoutClock } from './no-clock.ts';
import { findNewer, required } from './peers.ts';
import { NODE } from './root.ts';
import { makeTempDir } from './temp-dir.ts';
import { untilSaid } from './until-said.ts';
import { waitFor } from './wait-for.ts';

/** For `describe.skipIf(!hasNtpdRs)`: npm test reports such suites by name. */
export const hasNtpdRs = findNewer('ntpd-rs') !== undefined;

const startNtpdRs = async (config: TomlTable): Promise<Child> => {
  const file = join(makeTempDir(), 'ntp.toml');
  await writeFile(file, stringify({ observability: { 'log-level': 'debug' }, ...config }));
  const command = required(findNewer('ntpd-rs'));
  return startWithoutClock(startChild)(NODE, ['test/support/no-clock-run.ts', ...command, '-c', file]);
};

/**
 * What ntpd-rs measures by its first exchange of keys and of packets.
 *
 * @returns the server's offset in seconds, positive where the server is ahead.
 */
export const queryWithNtpdRs = async ({ ntsPort, ca }: { ntsPort: number; ca: string }): Promise<number> => {
  const source = { mode: 'nts', address: `localhost:${ntsPort}`, 'certificate-authority': ca };
  await using ntpd = await startNtpdRs({ source: [source] });
  const [, offset] = await untilSaid(ntpd, /KalmanState \{ state: Matrix \{ data: \[\[(-?[\d.e-]+)\]/);
  return Number(offset);
};

/** A client of a reference clock: it makes the socket, and says what it reads there (`offset: 0.25`, in s). */
export const startNtpdRsWithSock = (path: string): Promise<Child> =>
  startNtpdRs({ source: [{ mode: 'sock', path, measurement_noise_estimate: 1e-3 }] });

export type NtpdRs = {
  readonly port: number;
  readonly ntsPort: number;
  readonly certificate: TestCertificate;
  readonly child: Child;
  [Symbol.asyncDispose](): Promise<void>;
};

/** Serves this host's time; cookies are good for two seconds. */
export const startNtpdRsServer = async (): Promise<NtpdRs> => {
  const [port, ntsPort] = [await freeUdpPort(), await freeTcpPort()];
  const certificate = makeCertificate();
  const exchange = {
    listen: `127.0.0.1:${ntsPort}`,
    'certificate-chain-path': certificate.certificate,
    'private-key-path': certificate.key,
    'ntp-port': port,
  };
  const child = await startNtpdRs({
    server: [{ listen: `127.0.0.1:${port}` }],
    'nts-ke-server': [exchange],
    keyset: { 'stale-key-count': 2, 'key-rotation-interval': 1 },
    synchronization: { 'local-stratum': 1 },
  });
  await waitFor(`ntpd-rs on port ${port}`, () => askNtp(port)).catch(async (error: Error) => {
    await child.stop();
    throw new Error(`${error.message}\n${child.said.stdout}`);
  });
  return { port, ntsPort, certificate, child, [Symbol.asyncDispose]: child.stop };
};
