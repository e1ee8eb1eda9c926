/** The loop: happenings → events → `step` → actions. The world is behind `ports.ts`. */
import type { Result } from '#contract/result.ts';
import { after, seconds } from '#contract/time.ts';
import { oscillatorToKeep } from './core/line.ts';
import { type Core, type CoreConfig, type CoreEvent, clockOf, newCore } from './core/state.ts';
import { step } from './core.ts';
import type { Clock } from './discipline/clock.ts';
import { type Look, takeLook } from './discipline/jump.ts';
import type { Remembered } from './discipline/remembered.ts';
import { servedLine } from './discipline/serving.ts';
import { type Smeared, smear } from './discipline/smear.ts';
import type { SystemClock } from './discipline/system-clock.ts';
import { actThrough } from './gateway/actions.ts';
import { makeFeeds, type Opened } from './gateway/feeds.ts';
import { disciplineThrough } from './gateway/system-clock.ts';
import type { NtpServer, Ports } from './ports.ts';
import { newLineMemory, writeLine } from './protocol/line-memory.ts';
import { changes } from './status/changes.ts';
import { tellMeasured } from './status/measurement-log.ts';
import type { LeapList } from './wire/leap-list.ts';

export type Gateway = {
  readonly core: () => Core;
  /** The host's own, and what is done with it. */
  readonly systemClock: () => SystemClock;
  /** Absent where nothing is listened on. */
  readonly server?: NtpServer;
  /** Takes up another configuration as a whole. Rejects, with nothing changed, where something that it names cannot be used. */
  readonly follow: (config: CoreConfig) => Promise<void>;
  /** The key that signs is another one: edges are told at once. */
  readonly keyChanged: () => void;
  readonly stop: () => void;
};

const TICK = seconds(1);

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
    if (ports.measurementLog) tellMeasured(ports.measurementLog, before, next, actions);
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
  const host = disciplineThrough(ports, () => core);

  /** The LAN is not told the host's own clock unless the operator wants that. */
  const tellServer = (look: Look): void => {
    const clock = clockOf(core);
    const { local, server, precision } = core.config;
    const told = clock && (clock.synchronized || local) ? clock : undefined;
    const served = told && server.smear ? smearFor(told, look) : told;
    writeLine(lines, servedLine(served, look, precision, core.epoch));
    const signed = clock?.synchronized ? clock : undefined;
    writeLine(utcLines, servedLine(signed, look, precision, core.epoch));
  };

  /** For the LAN alone. */
  const smearFor = (clock: Clock, { now }: Look): Clock | undefined => {
    const isAwaited = core.leapFault === undefined;
    const next = smear(smeared, clock, core.leapList, isAwaited, now);
    smeared = next ?? smeared;
    return next?.clock;
  };

  const tick = (): void => {
    const now = ports.mono();
    happen({ kind: 'tick', now });
    host.tick();
    acting.wake('tick', after(now, TICK), tick);
  };

  let forgetLeapFile = (): void => {};
  /** It is read at once. */
  const readLeapFile = ({ leapFile }: CoreConfig): void => {
    forgetLeapFile();
    const told = (read: Result<LeapList, string>): void => happen({ kind: 'leap-file', read });
    forgetLeapFile = leapFile === undefined ? () => {} : ports.followLeapFile(leapFile, told);
  };

  const feeds = makeFeeds(ports, acting.wake, happen);
  const opened = feeds.open(config.referenceClocks);
  const isToServe = config.server.listen.length > 0;
  const server = isToServe ? await ports.serve(config.server, lines, utcLines).catch(closing(opened)) : undefined;
  for (const action of firstActions) acting.perform(action);
  readLeapFile(config);
  opened.hear();
  tick();

  const follow: Gateway['follow'] = async (next) => {
    const opened = feeds.open(next.referenceClocks);
    await ports.follow(next).catch(closing(opened));
    if (stopped) return opened.close();
    happen({ kind: 'configured', now: ports.mono(), config: next });
    opened.hear();
    readLeapFile(next);
  };

  return {
    core: () => core,
    systemClock: host.state,
    ...(server && { server }),
    follow,
    keyChanged: () => happen({ kind: 'new-key', now: ports.mono() }),
    stop: () => {
      stopped = true;
      host.stop();
      forgetLeapFile();
      acting.close();
      feeds.close();
      server?.close();
      const oscillator = oscillatorToKeep(core);
      if (oscillator) ports.keepOscillator(oscillator);
      ports.keepKeys();
      ports.recorder?.ended();
    },
  };
};

const closing =
  ({ close }: Opened) =>
  (error: unknown): never => {
    close();
    throw error;
  };
