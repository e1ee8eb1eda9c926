/** A state directory whose key changes: what is in it in front of each step, and after a crash there. */
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MOST_SUCCESSIONS, openSuccession } from '#contract/key-succession.ts';
import { ok } from '#contract/result.ts';
import { base64url } from '#contract/web-platform.ts';
import { beginRevocation, beginRotation, complete, type Turn } from '../../../ntp-gateway/io/key-rotation.ts';
import { type GatewayKey, keyFiles, loadKey, loadOrCreateKey } from '../../../ntp-gateway/io/keys.ts';
import { SetupError } from '../../../ntp-gateway/io/setup-error.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const EDGE = 'https://time.example.org';
const roughtimeOf = ({ roughtimeFor }: GatewayKey): string => base64url(roughtimeFor(EDGE).publicKey);
const linesOf = (stateDir: string): string[] =>
  readFileSync(keyFiles(stateDir).successions, 'utf8').split('\n').slice(0, -1);
/** With a rotation behind it, if so many. */
const makeState = async (rotations = 0): Promise<{ stateDir: string; first: GatewayKey }> => {
  const stateDir = makeTempDir();
  const first = await loadOrCreateKey(stateDir);
  for (let count = 0; count < rotations; count++) await complete(stateDir, await beginRotation(stateDir, 'gw-1'));
  return { stateDir, first };
};

describe('a rotation', () => {
  it('has the old key sign for the new one, and the new one sign from then on', async () => {
    const { stateDir, first } = await makeState();
    const turn = await beginRotation(stateDir, 'gw-1');
    expect(await openSuccession(turn.jws)).toEqual(
      ok({ version: 1, gateway: 'gw-1', key: first.x, next: turn.next.x }),
    );
    expect((await loadKey(stateDir)).x).toBe(first.x);
    expect((await complete(stateDir, turn)).x).toBe(turn.next.x);
    expect((await loadKey(stateDir)).x).toBe(turn.next.x);
    expect(linesOf(stateDir)).toEqual([turn.jws]);
    expect(existsSync(keyFiles(stateDir).next)).toBe(false);
  });

  it('goes on with the same new key, and the same word, as often as it is begun', async () => {
    const { stateDir } = await makeState();
    const [one, other] = [await beginRotation(stateDir, 'gw-1'), await beginRotation(stateDir, 'gw-1')];
    expect([other.jws, other.next.x]).toEqual([one.jws, one.next.x]);
  });

  it('leaves the keys of Roughtime as they were, and the old signing key in one file alone', async () => {
    const { stateDir, first } = await makeState();
    const pem = readFileSync(keyFiles(stateDir).current, 'utf8');
    const secret = Buffer.from(pem.split('\n')[1]!, 'base64').subarray(-32);
    for (let count = 0; count < 3; count++) {
      await complete(stateDir, await beginRotation(stateDir, 'gw-1'));
      const key = await loadKey(stateDir);
      expect(roughtimeOf(key)).toBe(roughtimeOf(first));
      expect(key.x).not.toBe(first.x);
      const holding = readdirSync(stateDir).filter((name) => {
        const bytes = readFileSync(join(stateDir, name));
        const text = bytes.toString('latin1');
        return [pem.split('\n')[1]!, secret.toString('base64url'), secret.toString('hex')].some((form) =>
          text.includes(form),
        );
      });
      expect(holding).toEqual(count === 0 ? ['gateway.key.retired'] : []);
    }
  });

  it('keeps what callers would follow, and no more', async () => {
    const { stateDir } = await makeState(MOST_SUCCESSIONS + 2);
    const words = await Promise.all(linesOf(stateDir).map(openSuccession));
    expect(words).toHaveLength(MOST_SUCCESSIONS);
    const last = words.at(-1);
    expect(last?.ok && last.value.next).toBe((await loadKey(stateDir)).x);
  });

  it('writes for the owner of the key, and for nobody else', async () => {
    const { stateDir } = await makeState(1);
    const names = readdirSync(stateDir).sort();
    expect(names).toEqual(['edge-roughtime.secret', 'gateway.key', 'gateway.key.retired', 'gateway.key.successions']);
    for (const name of names) expect(statSync(join(stateDir, name)).mode & 0o777).toBe(0o600);
  });

  it.skipIf(process.geteuid?.() !== 0)('by an administrator leaves a daemon what it can read', async () => {
    const { stateDir } = await makeState();
    chownSync(keyFiles(stateDir).current, 65_534, 65_534);
    for (const begin of [beginRotation, beginRevocation]) {
      await complete(stateDir, await begin(stateDir, 'gw-1'));
      for (const name of readdirSync(stateDir)) {
        const { uid, gid, mode } = statSync(join(stateDir, name));
        expect([name, uid, gid, mode & 0o777]).toEqual([name, 65_534, 65_534, 0o600]);
      }
    }
  });

  it('takes up no next key that is damaged, or open to others', async () => {
    const { stateDir, first } = await makeState();
    writeFileSync(keyFiles(stateDir).next, 'half a k', { mode: 0o600 });
    await expect(beginRotation(stateDir, 'gw-1')).rejects.toThrow(SetupError);
    expect((await loadKey(stateDir)).x).toBe(first.x);
  });

  it('says that the secret of Roughtime is damaged rather than making another', async () => {
    const { stateDir } = await makeState(1);
    writeFileSync(keyFiles(stateDir).edgeRoughtime, 'AAAA\n');
    await expect(loadKey(stateDir)).rejects.toThrow(/edge-roughtime.secret is damaged/);
  });
});

describe('a revocation', () => {
  it('has the key sign that none follows, and another one sign from then on', async () => {
    const { stateDir, first } = await makeState();
    const turn = await beginRevocation(stateDir, 'gw-1');
    expect(await openSuccession(turn.jws)).toEqual(ok({ version: 1, gateway: 'gw-1', key: first.x, next: null }));
    expect(turn).not.toHaveProperty('next');
    const key = await complete(stateDir, turn);
    expect((await loadKey(stateDir)).x).toBe(key.x);
    expect(key.x).not.toBe(first.x);
    expect(linesOf(stateDir)).toEqual([turn.jws]);
  });

  it('writes nothing before the edges were told: a disk that is full must not hold it up', async () => {
    const { stateDir } = await makeState(1);
    const files = () => readdirSync(stateDir).map((name) => [name, readFileSync(join(stateDir, name), 'latin1')]);
    const before = files();
    await beginRevocation(stateDir, 'gw-1');
    expect(files()).toEqual(before);
  });

  it('changes the keys of Roughtime, and leaves nothing of those before', async () => {
    const { stateDir, first } = await makeState(1);
    await complete(stateDir, await beginRevocation(stateDir, 'gw-1'));
    expect(roughtimeOf(await loadKey(stateDir))).not.toBe(roughtimeOf(first));
    expect(readdirSync(stateDir).sort()).toEqual(['gateway.key', 'gateway.key.successions']);
  });

  it('is held up by nothing that stands in place of a file', async () => {
    const { stateDir, first } = await makeState();
    const { next, successions, retired, edgeRoughtime } = keyFiles(stateDir);
    for (const path of [next, successions, retired]) mkdirSync(join(path, 'full'), { recursive: true });
    writeFileSync(edgeRoughtime, `${'A'.repeat(43)}\n`, { mode: 0o600 });
    const turn = await beginRevocation(stateDir, 'gw-1');
    expect((await complete(stateDir, turn)).x).not.toBe(first.x);
    expect(linesOf(stateDir)).toEqual([turn.jws]);
    expect([existsSync(retired), existsSync(edgeRoughtime)]).toEqual([false, false]);
  });

  it('throws away the key that was to follow: it may be as stolen', async () => {
    const { stateDir } = await makeState();
    const rotation = await beginRotation(stateDir, 'gw-1');
    const key = await complete(stateDir, await beginRevocation(stateDir, 'gw-1'));
    expect(key.x).not.toBe(rotation.next.x);
    expect(existsSync(keyFiles(stateDir).next)).toBe(false);
  });
});

describe('two at once', () => {
  it('are one rotation: who comes to its end second changes nothing, least of all what was retired', async () => {
    const { stateDir, first } = await makeState();
    const turns = [await beginRotation(stateDir, 'gw-1'), await beginRotation(stateDir, 'gw-1')] as const;
    const retired = readFileSync(keyFiles(stateDir).current, 'utf8');
    const key = await complete(stateDir, turns[0]);
    await expect(complete(stateDir, turns[1])).rejects.toThrow(/has changed the key in .* meanwhile/);
    expect(key.x).not.toBe(first.x);
    expect((await loadKey(stateDir)).x).toBe(key.x);
    expect(readFileSync(keyFiles(stateDir).retired, 'utf8')).toBe(retired);
  });

  it('take no key into use that no edge was told of', async () => {
    const { stateDir } = await makeState();
    const rotation = await beginRotation(stateDir, 'gw-1');
    const revocation = await beginRevocation(stateDir, 'gw-1');
    revocation.steps[0]!(); // which has another one follow
    await expect(complete(stateDir, rotation)).rejects.toThrow(SetupError);
    const key = await complete(stateDir, revocation);
    await expect(complete(stateDir, rotation)).rejects.toThrow(SetupError);
    expect((await loadKey(stateDir)).x).toBe(key.x);
  });
});

describe.each([
  { kind: 'rotation', begin: beginRotation as (stateDir: string, gateway: string) => Promise<Turn>, count: 4 },
  { kind: 'revocation', begin: beginRevocation, count: 5 },
])('a $kind that crashes', ({ kind, begin, count }) => {
  const STEPS = Array.from({ length: count + 1 }, (_, step) => step);
  const untilStep = (turn: Turn, count: number): void => {
    for (const step of turn.steps.slice(0, count)) step();
  };

  it('has so many steps', async () => {
    const { stateDir } = await makeState();
    expect((await begin(stateDir, 'gw-1')).steps).toHaveLength(count);
  });

  it.each(STEPS.flatMap((step) => [0, 1].map((rotations) => ({ step, rotations }))))(
    'in front of step $step, after $rotations rotations, leaves one whole key, and can be said again',
    async ({ step, rotations }) => {
      const { stateDir } = await makeState(rotations);
      const before = await loadKey(stateDir);
      const turn = await begin(stateDir, 'gw-1');
      untilStep(turn, step);

      const isOver = step === STEPS.at(-1);
      const found = await loadOrCreateKey(stateDir); // as the daemon does when it starts
      expect(found.x === before.x).toBe(!isOver);
      if (isOver && turn.next) expect(found.x).toBe(turn.next.x);
      if (kind === 'rotation') expect(roughtimeOf(found)).toBe(roughtimeOf(before));
      if (isOver) return;

      const again = await begin(stateDir, 'gw-1');
      expect(again.jws).toBe(turn.jws); // or the edges would see a fork
      const key = await complete(stateDir, again);
      expect(key.x).not.toBe(before.x);
      if (turn.next) expect(key.x).toBe(turn.next.x);
      expect((await loadOrCreateKey(stateDir)).x).toBe(key.x);
      expect(new Set(linesOf(stateDir)).size).toBe(linesOf(stateDir).length);
    },
  );

  it('while it writes a file leaves what nobody reads', async () => {
    const { stateDir, first } = await makeState();
    for (const path of Object.values(keyFiles(stateDir))) writeFileSync(`${path}.new`, 'half', { mode: 0o600 });
    expect((await loadOrCreateKey(stateDir)).x).toBe(first.x);
    await complete(stateDir, await begin(stateDir, 'gw-1'));
    expect((await loadOrCreateKey(stateDir)).x).not.toBe(first.x);
  });
});
