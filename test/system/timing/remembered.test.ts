/** What a gateway kept of its host's oscillator is what the next one on this host begins with, if it is of this boot. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { takeLook } from '../../../ntp-gateway/discipline/jump.ts';
import { openClocks } from '../../../ntp-gateway/io/clocks.ts';
import { readBootId, readOscillator, writeOscillator } from '../../../ntp-gateway/io/oscillator.ts';
import { hasChronyd, startChronyd } from '../../support/chronyd.ts';
import { startGateway, untilSynchronized } from '../../support/gateway.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const NARROW = { least: -2e-5, greatest: 2e-5 };

/** Within how many ppm a gateway knows its frequency as soon as it is synchronized, and what it keeps at its end. */
const restart = async (bootId: string | undefined) => {
  const stateDir = makeTempDir();
  const look = takeLook(openClocks());
  writeOscillator(stateDir, bootId, { look, frequency: 0, frequencyBounds: NARROW, wander: 1 });
  await using upstream = await startChronyd({ shiftSeconds: 5 });
  const gateway = await startGateway({ sources: [upstream], stateDir });
  const { clock } = await untilSynchronized(gateway);
  await gateway.stop();
  const [least = 0, greatest = 0] = clock?.frequencyBoundsPpm ?? [];
  return { width: greatest - least, kept: readOscillator(stateDir, readBootId())!, look };
};

describe.skipIf(!hasChronyd || readBootId() === undefined)('a gateway that is started again', () => {
  it('in the same boot knows its frequency at once, and keeps it anew at its end', async () => {
    const { width, kept, look } = await restart(readBootId());
    expect(width).toBeLessThan(41);
    expect(kept.isThisBoot).toBe(true);
    expect(kept.kept.look.now).toBeGreaterThan(look.now);
  });

  it('in another boot does not', async () => {
    expect((await restart('another')).width).toBeGreaterThan(41);
  });

  it('with a damaged file begins without, and says so once', async () => {
    const stateDir = makeTempDir();
    writeFileSync(join(stateDir, 'oscillator.json'), '{"version":');
    await using upstream = await startChronyd({ shiftSeconds: 5 });
    await using gateway = await startGateway({ sources: [upstream], stateDir });
    await untilSynchronized(gateway);
    expect(gateway.child.said.stderr.match(/oscillator\.json was damaged: kept as /g)).toHaveLength(1);
    expect(readFileSync(join(stateDir, 'oscillator.json.damaged'), 'utf8')).toBe('{"version":');
  });
});
