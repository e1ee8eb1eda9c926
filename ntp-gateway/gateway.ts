/** The loop: happenings → events → `step` → actions. The world is behind `ports.ts`. */
import { after, milliseconds, seconds } from '#contract/time.ts';
import { oscillatorToKeep } from './core/line.ts';
import { type Core, type CoreConfig, type CoreEvent, clockOf, newCore } from './core/state.ts';
import { step } from './core.ts';
import type { Clock } from './discipline/clock.ts';
import { type Look, takeLook, takeLookWithin } from './discipline/jump.ts';
import type { Remembered } from './discipline/remembered.ts';
import { servedLine } from './discipline/serving.ts';
import { type Smeared, smear } from './discipline/smear.ts';
import { actThrough } from './gateway/actions.ts';
import type { NtpServer, Ports, ReferenceClockFeed } from './ports.ts';
import { newLineMemory, writeLine } from './protocol/line-memory.ts';
import { changes } from './status/changes.ts';

export type Gateway = {
  readonly core: () => Core;
  /** Absent where nothing is listened on. */
  readonly server?: NtpServer;
  readonly stop: () => void;
};

const TICK = seconds(1);
/** A sample says itself when it was taken; between readings of both clocks this close, that is known well. */
const HEARING = milliseconds(250);

/** @param epoch - one that no earlier run has signed in. Rejects where an address cannot be listened on. */
export const startGateway = async (
  config: CoreConfig,
  epoch: number,
  ports: Ports,
  remembered?: Remembered,
): Promise<Gateway> => {
  const lines = newLineMemory();
  const utcLines = newLineMemory();
  let smeared: Smeared | undefined;
  let stopped = false;
  const start = { config, epoch, now: ports.mono(), ...(remembered && { remembered }) };
  let [core, firstActions] = newCore(config, epoch, start.now, remembered);
  ports.recorder?.began(start, core, firstActions);

  const advance = (event: CoreEvent): void => {
    const before = core;
    const [next, actions] = step(core, event);
    core = next;
    ports.recorder?.stepped(event, next, actions);
    for (const change of changes(before, next)) ports.log(change);
    for (const action of actions) acting.perform(action);
  };

  /** A look at the host's clocks comes first, so that nothing is learnt from an exchange through which the host slept. */
  const happen = (event: CoreEvent): void => {
    if (stopped) return;
    const look = takeLook(ports);
    advance({ kind: 'look', ...look });
    advance(event);
    tellServer(look);
  };
  const acting = actThrough(ports, () => core, happen);

  /** The LAN is not told the host's own clock unless the operator wants that. */
  const tellServer = (look: Look): void => {
    const clock = clockOf(core);
    const told = clock && (clock.synchronized || config.local) ? clock : undefined;
    const served = told && config.server.smear ? smearFor(told, look) : told;
    writeLine(lines, servedLine(served, look, config.precision, core.epoch));
    const signed = clock?.synchronized ? clock : undefined;
    writeLine(utcLines, servedLine(signed, look, config.precision, core.epoch));
  };

  /** For the LAN alone. */
  const smearFor = (clock: Clock, { now }: Look): Clock | undefined => {
    const isAwaited = core.leapFault === undefined;
    const next = smear(smeared, clock, core.leapList, isAwaited, now);
    smeared = next ?? smeared;
    return next?.clock;
  };

  /** The messages come first: none of them is from after the reading. */
  const hear = (name: string, feed: ReferenceClockFeed): void => {
    const messages = feed.take();
    const { look, gap } = takeLookWithin(ports);
    const { now, wall } = look;
    happen({ kind: 'reference-clock', id: name, event: { kind: 'heard', now, wall, gap, messages } });
    acting.wake(`hear ${name}`, after(now, HEARING), () => hear(name, feed));
  };

  const tick = (): void => {
    const now = ports.mono();
    happen({ kind: 'tick', now });
    acting.wake('tick', after(now, TICK), tick);
  };

  const serving = (opened: NtpServer): (() => void) => {
    server = opened;
    return opened.close;
  };
  const feeds: [string, ReferenceClockFeed][] = [];
  let server: NtpServer | undefined;
  const closers = await openAll([
    ...(config.server.listen.length === 0 ? [] : [ports.serve(config.server, lines, utcLines).then(serving)]),
    ...(config.referenceClocks ?? []).map(async (clock) => {
      const feed = ports.openReferenceClock(clock);
      feeds.push([clock.name, feed]);
      return feed.close;
    }),
  ]);
  for (const action of firstActions) acting.perform(action);
  const forgetLeapFile = ports.leapFile?.((read) => happen({ kind: 'leap-file', read }));
  for (const [name, feed] of feeds) hear(name, feed);
  tick();

  return {
    core: () => core,
    ...(server && { server }),
    stop: () => {
      stopped = true;
      forgetLeapFile?.();
      acting.close();
      for (const close of closers) close();
      const oscillator = oscillatorToKeep(core);
      if (oscillator) ports.keepOscillator(oscillator);
      ports.keepKeys();
      ports.recorder?.ended();
    },
  };
};

/** All or none: where one cannot be opened, those that could are closed again. */
const openAll = async (opening: readonly Promise<() => void>[]): Promise<readonly (() => void)[]> => {
  const tried = await Promise.allSettled(opening);
  const closers = tried.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const failed = tried.find((one) => one.status === 'rejected');
  if (!failed) return closers;
  for (const close of closers) close();
  throw failed.reason;
};
