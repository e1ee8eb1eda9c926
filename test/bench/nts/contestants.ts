/** Who is compared: our gateway and chronyd, both with NTS and symmetric keys, under the limits of test/bench/server. */
import { globSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SymmetricKey } from '../../../ntp-gateway/protocol/server-keys.ts';
import { makeCertificate } from '../../support/certificate.ts';
import { startChild } from '../../support/child.ts';
import { startNtsChronyd } from '../../support/chronyd-nts.ts';
import { freeTcpPort } from '../../support/free-port.ts';
import { NEWER_FOLDER, required } from '../../support/peers.ts';
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

/** In whose place of libnettle there is none, so that OpenSSL does all there is to do. */
export const startOursWithoutNettle = (): Promise<NtsContestant> => {
  const folder = makeTempDir();
  writeFileSync(join(folder, NETTLE), '');
  return startOursWithLibraries(folder);
};

/** With the libnettle that the newer chronyd has: from 3.9 on it knows AES-128-GCM-SIV. */
export const startOursWithNewerNettle = (): Promise<NtsContestant> => {
  const folder = makeTempDir();
  const [library] = globSync(`usr/lib/*-linux-gnu/${NETTLE}`, { cwd: NEWER_FOLDER });
  symlinkSync(join(NEWER_FOLDER, required(library)), join(folder, NETTLE));
  return startOursWithLibraries(folder);
};

const NETTLE = 'libnettle.so.8';

/** @param folder - of shared libraries that are found before the machine's own. */
const startOursWithLibraries = (folder: string): Promise<NtsContestant> =>
  startOursWithNts({
    start: (command, args, options) =>
      startChild(command, args, { ...options, env: { ...options?.env, LD_LIBRARY_PATH: folder } }),
  });

/** @param newer - the one with AES-128-GCM-SIV. */
export const startTheirsWithNts = async (newer = false): Promise<NtsContestant> => {
  const config = [...THEIR_LIMITS, ...chronyKeys(KEYS)];
  const { port, ntsPort, child, stop } = await startNtsChronyd({ newer, config });
  return { port, ntsPort, pid: child.pid, [Symbol.asyncDispose]: stop };
};
