/** Who is compared: our gateway and chronyd, both with NTS and symmetric keys, under the limits of test/bench/server. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SymmetricKey } from '../../../ntp-gateway/protocol/server-keys.ts';
import { makeCertificate } from '../../support/certificate.ts';
import { startChild } from '../../support/child.ts';
import { startNtsChronyd } from '../../support/chronyd-nts.ts';
import { freeTcpPort } from '../../support/free-port.ts';
import { chronyKeys, gatewayKeys, makeSymmetricKey } from '../../support/symmetric-keys.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { type Contestant, type OursOptions, startOurs, THEIR_LIMITS } from '../server/contestants.ts';

export type NtsContestant = Contestant & { readonly ntsPort: number };

/** Both know them. */
export const CMAC: SymmetricKey = makeSymmetricKey(1, 'aes-128-cmac');
export const SHA1: SymmetricKey = makeSymmetricKey(2, 'sha1');
const KEYS = [CMAC, SHA1];

export const startOursWithNts = async (options: Pick<OursOptions, 'start'> = {}): Promise<NtsContestant> => {
  const ntsPort = await freeTcpPort();
  const { certificate, key } = makeCertificate();
  const nts = { listen: [`127.0.0.1:${ntsPort}`], certificate, key };
  const ours = await startOurs({ server: { nts }, keys: gatewayKeys(KEYS), ...options });
  return { ...ours, ntsPort };
};

/** What it finds first in the place of libnettle is none, so that OpenSSL does all there is to do. */
export const startOursWithoutNettle = (): Promise<NtsContestant> => {
  const folder = makeTempDir();
  writeFileSync(join(folder, 'libnettle.so.8'), '');
  return startOursWithNts({
    start: (command, args, options) =>
      startChild(command, args, { ...options, env: { ...options?.env, LD_LIBRARY_PATH: folder } }),
  });
};

/** @param newer - the one with AES-128-GCM-SIV. */
export const startTheirsWithNts = async (newer = false): Promise<NtsContestant> => {
  const config = [...THEIR_LIMITS, ...chronyKeys(KEYS)];
  const { port, ntsPort, child, stop } = await startNtsChronyd({ newer, config });
  return { port, ntsPort, pid: child.pid, [Symbol.asyncDispose]: stop };
};
