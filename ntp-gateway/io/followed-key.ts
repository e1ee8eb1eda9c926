/** The gateway's key as it stands in its state directory: `rotate-key` and `revoke-key` change it while we run. */
import { existsSync } from 'node:fs';
import { endFault, noteFault } from './file-faults.ts';
import { type GatewayKey, keyFiles, loadKey } from './keys.ts';
import { log } from './log.ts';
import { SetupError } from './setup-error.ts';
import { watchFiles } from './watched-files.ts';

export type FollowedKey = {
  readonly now: () => GatewayKey;
  /** The id of the one that is to follow, as soon as each edge knows it. */
  readonly nextId: () => string | undefined;
  /** Tells of each new key. */
  readonly heed: (changed: (key: GatewayKey) => void) => void;
  /** Looks at once. */
  readonly look: () => Promise<void>;
  readonly close: () => void;
};

/** What cannot be read changes nothing, is said once, and tried again at each look. @param first - the key that was read before. */
export const followKey = (stateDir: string, first: GatewayKey, lookMs?: number): FollowedKey => {
  const { current, next } = keyFiles(stateDir);
  const listeners: ((key: GatewayKey) => void)[] = [];
  let key = first;
  let nextId: string | undefined;
  let taking: Promise<void> | undefined;

  const take = async (): Promise<void> => {
    try {
      const found = await loadKey(stateDir);
      nextId = existsSync(next) ? (await loadKey(stateDir, 'next')).id : undefined;
      const wasBad = endFault(current);
      if (found.x === key.x) {
        if (wasBad) log({ event: 'key', key: key.id, msg: `the file of key ${key.id} is good again` });
        return;
      }
      key = found;
      for (const changed of listeners) changed(key);
      log({ event: 'key', key: key.id, msg: `signing with key ${key.id} from now on` });
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
      const msg = `no other key is taken up: ${error.message}`;
      if (noteFault(current, msg)) log({ event: 'key', level: 'warn', msg });
      watch.again();
    }
  };
  const changed = (): void => {
    taking = take();
  };
  const watch = watchFiles(() => [current, next], changed, lookMs);
  const look = async (): Promise<void> => {
    watch.look();
    await taking;
  };
  void look(); // a rotation may be under way
  return {
    now: () => key,
    nextId: () => nextId,
    heed: (changed) => void listeners.push(changed),
    look,
    close: () => {
      endFault(current);
      watch.close();
    },
  };
};
