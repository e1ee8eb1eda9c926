/** What the service manager is told while the gateway runs. Nothing where there is none. */
import type { Gateway } from '../gateway.ts';
import { openServiceManager, type ServiceManager } from '../io/service-manager.ts';
import { standingOf } from '../status/changes.ts';

export type Service = {
  /** Around a reload, which resolves also where it was refused. */
  readonly reloading: (reload: () => Promise<void>) => Promise<void>;
  readonly stopping: () => void;
};

/** The gateway's own tick. */
const TICK_MS = 1_000;

/** It serves by now. */
export const tellServiceManager = (
  { core }: Pick<Gateway, 'core'>,
  manager: ServiceManager | undefined = openServiceManager(process.env),
): Service => {
  if (!manager) return { reloading: (reload) => reload(), stopping: () => {} };
  const { tell, watchdogMs = Number.POSITIVE_INFINITY } = manager;

  let told = standingOf(core());
  let ticked = core().lastLook;
  tell('READY=1', `STATUS=${told}`);
  // Only while the loop looks at the clocks, which it does at each of its ticks: a process that hangs, or only seems to run, is started again.
  const timer = setInterval(
    () => {
      const { lastLook } = core();
      if (lastLook !== ticked && watchdogMs < Number.POSITIVE_INFINITY) tell('WATCHDOG=1');
      ticked = lastLook;
      const standing = standingOf(core());
      if (standing !== told) tell(`STATUS=${standing}`);
      told = standing;
    },
    Math.min(TICK_MS, watchdogMs / 2),
  );
  return {
    reloading: async (reload) => {
      tell('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1_000n}`); // CLOCK_MONOTONIC, as it wants
      await reload();
      tell('READY=1');
    },
    stopping: () => {
      clearInterval(timer);
      tell('STOPPING=1');
    },
  };
};
