import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { fileFaults } from '../../../ntp-gateway/io/file-faults.ts';
import { type FollowedKey, followKey } from '../../../ntp-gateway/io/followed-key.ts';
import { beginRotation, complete } from '../../../ntp-gateway/io/key-rotation.ts';
import { keyFiles, loadOrCreateKey } from '../../../ntp-gateway/io/keys.ts';
import { watchLog } from '../../support/log-lines.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { waitFor } from '../../support/wait-for.ts';

const LONG = 3_600_000;

describe('a key that is followed', () => {
  const opened: FollowedKey[] = [];
  afterEach(() => {
    for (const { close } of opened.splice(0)) close();
  });
  const start = async (lookMs = 5) => {
    const stateDir = makeTempDir();
    const first = await loadOrCreateKey(stateDir);
    const followed = followKey(stateDir, first, lookMs);
    opened.push(followed);
    return { stateDir, first, followed };
  };

  it('is the one that signs, and says which is to come; a new one is told once', async () => {
    const { stateDir, first, followed } = await start();
    const told: string[] = [];
    followed.heed(({ x }) => told.push(x));
    expect([followed.now().x, followed.nextId()]).toEqual([first.x, undefined]);
    const turn = await beginRotation(stateDir, 'gw-1');
    await waitFor('word of the next key', () => followed.nextId() === turn.next.id);
    expect(followed.now().x).toBe(first.x);
    await complete(stateDir, turn);
    await waitFor('the next key', () => followed.now().x === turn.next.x && followed.nextId() === undefined);
    expect(told).toEqual([turn.next.x]);
  });

  it('goes on where the file is gone, damaged, or open to others, and takes up what comes after', async () => {
    const { stateDir, first, followed } = await start(LONG);
    const { current } = keyFiles(stateDir);
    const kept = readFileSync(current);
    const turn = await beginRotation(stateDir, 'gw-1');
    const spoil = [
      () => rmSync(current),
      () => writeFileSync(current, 'half a k', { mode: 0o600 }),
      () => chmodSync(current, 0o644),
    ];
    const said = watchLog();
    for (const act of spoil) {
      act();
      for (let looks = 0; looks < 3; looks++) await followed.look();
      expect(followed.now().x).toBe(first.x);
      expect(fileFaults()[current]).toMatch(/^no other key is taken up: /);
    }
    rmSync(current);
    writeFileSync(current, kept, { mode: 0o600 });
    await followed.look();
    expect(fileFaults()).not.toHaveProperty([current]);
    expect(said()).toEqual([
      ...spoil.map(() => expect.stringMatching(/^warn: no other key is taken up: /)),
      `info: the file of key ${first.id} is good again`,
    ]);
    await complete(stateDir, turn);
    await followed.look();
    expect(followed.now().x).toBe(turn.next.x);
  });
});
