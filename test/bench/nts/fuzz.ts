/** Millions of hostile datagrams at our server, among them mutations of requests that it could authenticate. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AES_128_GCM_SIV, AES_SIV_CMAC_256 } from '../../../ntp-gateway/wire/nts.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import type { Figure } from '../figures.ts';
import { fuzzServer } from '../server/fuzz.ts';
import { CMAC, type NtsContestant, SHA1, startOursWithNts } from './contestants.ts';
import { recordMac, recordNts } from './recorded.ts';

/** Of each kind. */
const SEEDS = 4;

export const benchNtsFuzz = (count: number): Promise<readonly Figure[]> =>
  fuzzServer(count, startOursWithNts, async ({ ntsPort }: NtsContestant) => {
    const nts = [await recordNts(ntsPort, AES_SIV_CMAC_256), await recordNts(ntsPort, AES_128_GCM_SIV)];
    const seeds = [...nts, recordMac(CMAC), recordMac(SHA1)].flatMap(({ packets }) => packets.slice(0, SEEDS));
    const file = join(makeTempDir(), 'sealed');
    writeFileSync(file, seeds.map((seed) => Buffer.from(seed).toString('hex')).join('\n'));
    return [file];
  });
