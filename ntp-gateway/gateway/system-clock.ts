/** The host's clock, as far as the operator wants it led: reads the kernel once a second, and writes what the step function says. */
import { type Result, refuse } from '#contract/result.ts';
import { type Core, clockOf } from '../core/state.ts';
import { isUsable, readClock } from '../discipline/clock.ts';
import { takeLookWithin } from '../discipline/jump.ts';
import type { KernelRefusal } from '../discipline/kernel-clock.ts';
import {
  newSystemClock,
  type SystemClock,
  type SystemClockEvent,
  stepSystemClock,
} from '../discipline/system-clock.ts';
import type { Ports, SystemClockPort } from '../ports.ts';
import { systemClockChanges } from '../status/system-clock.ts';

export type HostDiscipline = {
  readonly state: () => SystemClock;
  /** Does what the configuration says by now. */
  readonly tick: () => void;
  readonly stop: () => void;
};

/** @param core - as it is now. */
export const disciplineThrough = (ports: Ports, core: () => Core): HostDiscipline => {
  /** Present from when the operator first asks, until he asks no more: nothing of it is even opened else. */
  let opened: Result<SystemClockPort, KernelRefusal> | undefined;
  let state = newSystemClock();

  const advance = (event: SystemClockEvent): void => {
    const [next, actions] = stepSystemClock(state, event);
    state = next;
    if (!opened?.ok) return;
    const { write, keep } = opened.value;
    for (const action of actions) {
      if (action.kind === 'keep') keep(action.written);
      else {
        const [now, wall] = [ports.mono(), ports.wall()];
        advance({ kind: 'written', now, wall, write: action, kernel: write(action.change, action.takesOver) });
      }
    }
  };

  const readKernel = () => (opened!.ok ? opened!.value.read() : opened!);

  const letGo = (): void => {
    if (opened) advance({ kind: 'stop', kernel: readKernel() });
    opened = undefined;
  };

  const lead = (mode: NonNullable<Core['config']['systemClock']>): void => {
    if (!opened) {
      opened = ports.openSystemClock?.() ?? refuse('unsupported');
      state = newSystemClock(opened.ok ? opened.value.written : undefined);
    }
    const { look, gap } = takeLookWithin(ports);
    const { vouched, selection } = core();
    const spoken = clockOf(core());
    const isVouched = spoken?.synchronized === true;
    const isDisputed = [...selection.verdicts.values()].includes('no-majority');
    const clock = isDisputed ? undefined : isVouched ? spoken : vouched;
    advance({
      kind: 'tick',
      mode,
      now: look.now,
      wall: look.wall,
      gap,
      clock,
      isSynchronized: isVouched && clock !== undefined && isUsable(clock, readClock(clock, look.now)),
      kernel: readKernel(),
    });
  };

  return {
    state: () => state,
    tick: () => {
      const before = state;
      const { systemClock } = core().config;
      if (systemClock) lead(systemClock);
      else letGo();
      for (const change of systemClockChanges(before, state)) ports.log(change);
    },
    stop: letGo,
  };
};
