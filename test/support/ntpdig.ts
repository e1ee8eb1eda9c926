/** NTPsec's client: an independent opinion on what our server says. It asks port 123 alone, so in a network of its own. */
import type { Child } from './child.ts';
import { runBeside } from './no-route.ts';
import { findNtpdig, required } from './peers.ts';

/** For `describe.skipIf(!hasNtpdig)`: npm test reports such suites by name. */
export const hasNtpdig = findNtpdig() !== undefined;

/** Seconds; `offset` is positive where the server is ahead, `precision` is the ± that ntpdig gives it. */
export type NtpdigReport = {
  readonly offset: number;
  readonly precision: number;
  readonly stratum: number;
  readonly leap: string;
};

/**
 * The best of four questions, as ntpdig judges it.
 *
 * @param server - listens on port 123, started by `startWithoutRoute`.
 * @throws where ntpdig does not take the server's time, with what it said.
 */
export const queryWithNtpdig = async (server: Child, address = '127.0.0.1'): Promise<NtpdigReport> => {
  const { code, stdout, stderr } = await runBeside(server, required(findNtpdig()), [
    '-j',
    '-t',
    '2',
    '-p',
    '4',
    address,
  ]);
  if (code !== 0) throw new Error(`ntpdig did not take the time:\n${stdout}${stderr}`);
  return JSON.parse(stdout) as NtpdigReport;
};
