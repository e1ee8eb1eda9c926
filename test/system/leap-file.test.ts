/** The leap second file, end to end: TAI − UTC for callers of the edge, an announcement for the LAN, warnings for operators. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { askNtp } from '../support/ask-ntp.ts';
import { hasChronyd, startChronyd } from '../support/chronyd.ts';
import { hostMs, startTestEdge, untilTime } from '../support/edge.ts';
import { makeGatewayState, runGateway, startGateway, untilPublished, untilSynchronized } from '../support/gateway.ts';
import { readHeader } from '../support/ntp-header.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { waitFor } from '../support/wait-for.ts';

/** Seconds from 1900 to 1970. */
const UNIX_EPOCH = 2_208_988_800;
const ntpSeconds = (ms: number): number => Math.floor(ms / 1e3) + UNIX_EPOCH;

const listFile = (expiryMs: number, ...lines: readonly string[]): string => {
  const path = join(makeTempDir(), 'leap-seconds.list');
  writeFileSync(path, [`#@ ${ntpSeconds(expiryMs)}`, '3692217600 37 # 1 Jan 2017', ...lines, ''].join('\n'));
  return path;
};
const DAY_MS = 86_400_000;

describe.skipIf(!hasChronyd)('a gateway with a leap second file', () => {
  it('gives the edge TAI − UTC', async () => {
    const { stateDir, x } = await makeGatewayState();
    await using upstream = await startChronyd({ stratum: 1 });
    await using edge = await startTestEdge(x);
    const leapFile = listFile(hostMs() + DAY_MS);
    await using gateway = await startGateway({ stateDir, sources: [upstream], publish: [edge.url], leapFile });
    await untilPublished(gateway);
    expect((await untilTime(edge.url)).answer).toMatchObject({ taiOffsetSeconds: 37 });
  });

  it('announces what the file says, though its upstream does not', async () => {
    const year = new Date(hostMs()).getUTCFullYear() + 1;
    const [noon, midnight] = [Date.UTC(year, 5, 30, 12), Date.UTC(year, 6)];
    await using upstream = await startChronyd({ shiftSeconds: Math.round((noon - hostMs()) / 1e3), stratum: 1 });
    const leapFile = listFile(midnight + DAY_MS, `${ntpSeconds(midnight)} 38`);
    await using gateway = await startGateway({ sources: [upstream], leapFile });
    const { clock } = await untilSynchronized(gateway);
    expect(clock).toMatchObject({ leap: 'insert', leapBy: 'list', leapAnnounced: 'none', taiOffsetSeconds: 37 });
    expect(readHeader((await askNtp(gateway.ntpPort))!).leap).toBe(1); // RFC 5905 figure 9: the last minute has 61 seconds
  });

  it('runs without one that has expired or is missing, and says so', async () => {
    await using upstream = await startChronyd({ stratum: 1 });
    const expired = listFile(hostMs() - DAY_MS);
    await using gateway = await startGateway({ sources: [upstream], leapFile: expired });
    const { clock, leapFile } = await untilSynchronized(gateway);
    expect(clock).toMatchObject({ leap: 'none', leapBy: 'sources', taiOffsetSeconds: null });
    expect(leapFile).toMatchObject({ path: expired, expired: true });
    await waitFor('a warning', () => gateway.child.said.stderr.includes(`"msg":"${expired} expired on `));
    const { stdout } = await runGateway('status', '--state-dir', gateway.stateDir);
    expect(stdout).toMatch(/^leap {11}none by the sources, TAI − UTC unknown$/m);
    expect(stdout).toMatch(/^leap file {6}\/.+: expired on 20\d\d-\d\d-\d\d$/m);

    const missing = join(makeTempDir(), 'none');
    await using other = await startGateway({ sources: [upstream], leapFile: missing });
    await untilSynchronized(other);
    expect(other.child.said.stderr).toContain(`"msg":"${missing}: cannot read it: no such file or directory; `);
    expect((await other.status()).leapFile).toMatchObject({ fault: 'cannot read it: no such file or directory' });
  });
});
