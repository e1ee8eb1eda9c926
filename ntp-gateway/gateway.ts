/** The loop: happenings → events → `step` → actions → the world, which is behind `ports.ts`. */
import { after, type MonoNanos, milliseconds, seconds } from '#contract/time.ts';
import type { TimeSample } from '#contract/time-sample.ts';
import { oscillatorToKeep } from './core/line.ts';
import { type Core, type CoreAction, type CoreConfig, type CoreEvent, clockOf, newCore } from './core/state.ts';
import { step } from './core.ts';
import { type Clock, readClock } from './discipline/clock.ts';
import { type Look, takeLook, takeLookWithin } from './discipline/jump.ts';
import type { Remembered } from './discipline/remembered.ts';
import { servedLine } from './discipline/serving.ts';
import { type Smeared, smear } from './discipline/smear.ts';
import type { Datagram, NtpServer, Ports, ReferenceClockFeed } from './ports.ts';
import type { AssociationAction, AssociationEvent } from './protocol/association.ts';
import { newLineMemory, writeLine } from './protocol/served-line.ts';
import type { Answer } from './publish/answer.ts';
import type { PublisherAction, PublisherEvent } from './publish/publisher.ts';
import { type Source, serverOf } from './source.ts';
import { changes, warnings } from './status/changes.ts';

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
  const timers = new Map<string, () => void>();
  const sockets = new Map<string, () => void>();
  const lines = newLineMemory();
  let smeared: Smeared | undefined;
  let stopped = false;
  const start = { config, epoch, now: ports.mono(), ...(remembered && { remembered }) };
  let [core, firstActions] = newCore(config, epoch, start.now, remembered);
  ports.recorder?.began(start, core, firstActions);

  const wake = (name: string, at: MonoNanos, fire: () => void): void => {
    timers.get(name)?.();
    timers.set(name, ports.timer(at, fire));
  };

  const advance = (event: CoreEvent): void => {
    const before = core;
    const [next, actions] = step(core, event);
    core = next;
    ports.recorder?.stepped(event, next, actions);
    for (const line of changes(before, next)) ports.log(line);
    for (const line of warnings(before, next)) ports.log(line, 'warning');
    for (const action of actions) perform(action);
  };

  /** A look at the host's clocks comes first, so that nothing is learnt from an exchange through which the host slept. */
  const happen = (event: CoreEvent): void => {
    if (stopped) return;
    const look = takeLook(ports);
    advance({ kind: 'look', ...look });
    advance(event);
    tellServer(look);
  };

  /** The LAN is not told the host's own clock unless the operator wants that. */
  const tellServer = (look: Look): void => {
    const clock = clockOf(core);
    const told = clock && (clock.synchronized || config.local) ? clock : undefined;
    const served = told && config.server.smear ? smearFor(told, look) : told;
    writeLine(lines, servedLine(served, look, config.precision, core.epoch));
  };

  /** For the LAN alone. */
  const smearFor = (clock: Clock, { now }: Look): Clock | undefined => {
    const isAwaited = core.leapFault === undefined;
    const next = smear(smeared, clock, core.leapList, isAwaited, now);
    smeared = next ?? smeared;
    return next?.clock;
  };

  const perform = (action: CoreAction): void => {
    if (action.kind === 'source') performSource(action.id, action.action);
    else if (action.kind === 'edge') performEdge(action.origin, action.action);
    else if (action.kind === 'resolve') void resolve(action.id, action.host);
    else if (action.kind === 'forget') forget(action.id);
    else if (action.kind === 'keep-oscillator') ports.keepOscillator(action.oscillator);
    else if (action.kind === 'keep-epoch') ports.keepEpoch(action.epoch);
  };

  const performSource = (id: string, action: AssociationAction): void => {
    const on = (event: AssociationEvent): void => happen({ kind: 'source', id, event });
    if (action.kind === 'wake') {
      const { bits, fraction } = ports.random;
      const dice = () => ({ nonce: bits(), secondNonce: bits(), jitter: fraction() });
      wake(id, action.at, () => on({ kind: 'due', now: ports.mono(), ...dice() }));
    } else if (action.kind === 'close') {
      sockets.get(id)?.();
    } else if (action.kind === 'exchange-keys') {
      void exchangeKeys(core.sources.get(id)!, on);
    } else if (action.kind === 'send') {
      sockets.get(id)?.();
      const sent = (at: MonoNanos | undefined): void =>
        on(at === undefined ? { kind: 'send-failed', now: ports.mono() } : { kind: 'sent', at });
      const heard = (datagram: Datagram): void => on({ kind: 'datagram', approximately: ports.wall(), ...datagram });
      const source = core.sources.get(id)!;
      const { nts, key } = source.config;
      const { address, port } = serverOf(source);
      const asked = { source: id, address, port, nts: nts !== undefined, ...(key !== undefined && { key }) };
      sockets.set(id, ports.ask(asked, action.bytes, sent, heard));
    }
  };

  /**
   * Its certificate is judged by our clock, which need not be the host's; also after an outage, when that is no longer spoken of, or
   * who brings one about could come with a certificate that has run out.
   */
  const exchangeKeys = async (
    { id, config, address }: Source,
    on: (event: AssociationEvent) => void,
  ): Promise<void> => {
    const { host: name, port, nts } = config;
    const { line } = core;
    const time = line?.synchronized ? readClock(line, ports.mono()) : undefined;
    const outcome = await ports.exchangeKeys({ source: id, name, address, port, nts: nts! }, time);
    on({ kind: 'keys', now: ports.mono(), jitter: ports.random.fraction(), outcome });
  };

  const performEdge = (origin: string, action: PublisherAction): void => {
    const on = (event: PublisherEvent): void => happen({ kind: 'edge', origin, event });
    if (action.kind === 'wake') {
      wake(origin, action.at, () => on({ kind: 'due', now: ports.mono(), jitter: ports.random.fraction() }));
    } else if (action.kind === 'post') {
      void publish(origin, action.sample, on);
    }
  };

  const publish = async (origin: string, sample: TimeSample, on: (event: PublisherEvent) => void): Promise<void> => {
    const exchange = async (): Promise<Answer> => {
      const { jws, sha256 } = await ports.sign(sample);
      on({ kind: 'departed', at: ports.mono(), sha256 });
      return ports.post(origin, jws);
    };
    const answer = await exchange().catch(() => undefined);
    const stamp = { at: ports.mono(), jitter: ports.random.fraction() };
    on(answer ? { kind: 'answered', ...stamp, answer } : { kind: 'failed', ...stamp });
  };

  const resolve = async (id: string, host: string): Promise<void> => {
    const addresses = await ports.resolve(host);
    happen({ kind: 'resolved', id, now: ports.mono(), jitter: ports.random.fraction(), addresses });
  };

  const forget = (id: string): void => {
    for (const held of [timers, sockets]) {
      held.get(id)?.();
      held.delete(id);
    }
  };

  /** The messages come first: none of them is from after the reading. */
  const hear = (name: string, feed: ReferenceClockFeed): void => {
    const messages = feed.take();
    const { look, gap } = takeLookWithin(ports);
    const { now, wall } = look;
    happen({ kind: 'reference-clock', id: name, event: { kind: 'heard', now, wall, gap, messages } });
    wake(`hear ${name}`, after(now, HEARING), () => hear(name, feed));
  };

  const tick = (): void => {
    const now = ports.mono();
    happen({ kind: 'tick', now });
    wake('tick', after(now, TICK), tick);
  };

  const serving = (opened: NtpServer): (() => void) => {
    server = opened;
    return opened.close;
  };
  const feeds: [string, ReferenceClockFeed][] = [];
  let server: NtpServer | undefined;
  const closers = await openAll([
    ...(config.server.listen.length === 0 ? [] : [ports.serve(config.server, lines).then(serving)]),
    ...(config.referenceClocks ?? []).map(async (clock) => {
      const feed = ports.openReferenceClock(clock);
      feeds.push([clock.name, feed]);
      return feed.close;
    }),
  ]);
  for (const action of firstActions) perform(action);
  const forgetLeapFile = ports.leapFile?.((read) => happen({ kind: 'leap-file', read }));
  for (const [name, feed] of feeds) hear(name, feed);
  tick();

  return {
    core: () => core,
    ...(server && { server }),
    stop: () => {
      stopped = true;
      forgetLeapFile?.();
      for (const forget of [...timers.values(), ...sockets.values(), ...closers]) forget();
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
