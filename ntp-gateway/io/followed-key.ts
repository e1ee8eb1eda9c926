/** The gateway's key as it stands in its state directory: `rotate-key` and `revoke-key` change it while we run. */
import { existsSync } from 'node:fs';
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

/** What cannot be read changes nothing, and is said once. @param first - the key that was read before. */
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
      if (found.x === key.x) return;
      key = found;
      for (const changed of listeners) changed(key);
      log({ event: 'key', key: key.id, msg: `signing with key ${key.id} from now on` });
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
      log({ event: 'key', level: 'warn', msg: `no other key is taken up: ${error.message}` });
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
    close: watch.close,
  };
};
