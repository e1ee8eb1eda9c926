/** What the core wants done, through the ports; what comes of it is an event again. */
import type { MonoNanos } from '#contract/time.ts';
import type { Core, CoreAction, CoreEvent } from '../core/state.ts';
import { readClock } from '../discipline/clock.ts';
import type { Datagram, Ports } from '../ports.ts';
import type { AssociationAction, AssociationEvent } from '../protocol/association-event.ts';
import type { EdgeAssociationAction, EdgeAssociationEvent } from '../protocol/edge-association.ts';
import type { ClockReading } from '../protocol/server-state.ts';
import type { Answer } from '../publish/answer.ts';
import type { EdgeCheckAction, EdgeCheckEvent } from '../publish/edge-check.ts';
import type { PublisherAction, PublisherEvent } from '../publish/publisher.ts';
import type { HttpsSource } from '../source/https-source.ts';
import { type Source, serverOf } from '../source.ts';

export type Acting = {
  readonly perform: (action: CoreAction) => void;
  /** One timer to a name: the next takes the place of the last. */
  readonly wake: (name: string, at: MonoNanos, fire: () => void) => void;
  /** Ends what is under way. */
  readonly close: () => void;
};

/** @param core - as it is now. */
export const actThrough = (ports: Ports, core: () => Core, happen: (event: CoreEvent) => void): Acting => {
  const timers = new Map<string, () => void>();
  const sockets = new Map<string, () => void>();
  const keyExchanges = new Map<string, () => void>();

  const wake = (name: string, at: MonoNanos, fire: () => void): void => {
    timers.get(name)?.();
    timers.set(name, ports.timer(at, fire));
  };

  const perform = (action: CoreAction): void => {
    if (action.kind === 'source') performSource(action.id, action.action);
    else if (action.kind === 'https-source') performHttpsSource(action.id, action.action);
    else if (action.kind === 'edge') performEdge(action.origin, action.action);
    else if (action.kind === 'check') performCheck(action.origin, action.action);
    else if (action.kind === 'resolve') void resolve(action.id, action.host);
    else if (action.kind === 'forget') forget(action.id, askTimer(action.id));
    else if (action.kind === 'forget-edge') forget(edgeTimer(action.origin), checkTimer(action.origin));
    else if (action.kind === 'raise-floor') ports.raiseFloor(core().httpsSources.get(action.id)!.config, action.to);
    else if (action.kind === 'keep-oscillator') ports.keepOscillator(action.oscillator);
    else if (action.kind === 'keep-epoch') ports.keepEpoch(action.epoch);
  };

  const dice = () => {
    const { bits, fraction } = ports.random;
    return { nonce: bits(), secondNonce: bits(), jitter: fraction() };
  };

  const performSource = (id: string, action: AssociationAction): void => {
    const on = (event: AssociationEvent): void => happen({ kind: 'source', id, event });
    if (action.kind === 'wake') {
      wake(id, action.at, () => on({ kind: 'due', now: ports.mono(), ...dice() }));
    } else if (action.kind === 'close') {
      sockets.get(id)?.();
    } else if (action.kind === 'exchange-keys') {
      void exchangeKeys(core().sources.get(id)!, on);
    } else if (action.kind === 'send') {
      sockets.get(id)?.();
      const sent = (at: MonoNanos | undefined): void =>
        on(at === undefined ? { kind: 'send-failed', now: ports.mono() } : { kind: 'sent', at });
      const heard = (datagram: Datagram): void => on({ kind: 'datagram', approximately: ports.wall(), ...datagram });
      const source = core().sources.get(id)!;
      const { nts, key } = source.config;
      const { address, port } = serverOf(source);
      const asked = { source: id, address, port, nts: nts !== undefined, ...(key !== undefined && { key }) };
      sockets.set(id, ports.ask(asked, action.bytes, sent, heard));
    }
  };

  /**
   * Certificates are judged by our clock, which need not be the host's; also after an outage, when that is no longer spoken of, or
   * who brings one about could come with a certificate that has run out.
   */
  const vouchedTime = (): ClockReading | undefined => {
    const { vouched } = core();
    return vouched && readClock(vouched, ports.mono());
  };

  const exchangeKeys = async (
    { id, config, address }: Source,
    on: (event: AssociationEvent) => void,
  ): Promise<void> => {
    const { host: name, port, nts } = config;
    let isWanted = true;
    keyExchanges.set(id, () => {
      isWanted = false; // whoever has its name by now may be asked with other keys
    });
    const outcome = await ports.exchangeKeys({ source: id, name, address, port, nts: nts! }, vouchedTime());
    if (isWanted) on({ kind: 'keys', now: ports.mono(), jitter: ports.random.fraction(), outcome });
  };

  const performHttpsSource = (id: string, action: EdgeAssociationAction): void => {
    const on = (event: EdgeAssociationEvent): void => happen({ kind: 'https-source', id, event });
    if (action.kind === 'wake') {
      wake(askTimer(id), action.at, () => on({ kind: 'due', now: ports.mono(), ...dice() }));
    } else if (action.kind === 'ask') {
      void askEdge(core().httpsSources.get(id)!, action.nonce, on);
    }
  };

  const askEdge = async (
    { config }: HttpsSource,
    nonce: string,
    on: (event: EdgeAssociationEvent) => void,
  ): Promise<void> => {
    const outcome = await ports.askEdge(config, nonce);
    on({ kind: 'answered', now: ports.mono(), nonce, outcome });
  };

  const performEdge = (origin: string, action: PublisherAction): void => {
    const on = (event: PublisherEvent): void => happen({ kind: 'edge', origin, event });
    if (action.kind === 'wake') {
      wake(edgeTimer(origin), action.at, () => on({ kind: 'due', now: ports.mono(), jitter: ports.random.fraction() }));
    } else if (action.kind === 'post') {
      void publish(origin, action, on);
    }
  };

  const publish = async (
    origin: string,
    { sample, delegations = [] }: Extract<PublisherAction, { kind: 'post' }>,
    on: (event: PublisherEvent) => void,
  ): Promise<void> => {
    const exchange = async (): Promise<Answer> => {
      const { jws, sha256 } = await ports.sign(sample, delegations);
      return ports.post(origin, jws, () => on({ kind: 'departed', at: ports.mono(), sha256 }), vouchedTime());
    };
    const answer = await exchange().catch(() => undefined);
    const stamp = { at: ports.mono(), jitter: ports.random.fraction() };
    on(answer ? { kind: 'answered', ...stamp, answer } : { kind: 'failed', ...stamp });
  };

  const performCheck = (origin: string, action: EdgeCheckAction): void => {
    const on = (event: EdgeCheckEvent): void => happen({ kind: 'check', origin, event });
    if (action.kind === 'wake') {
      wake(checkTimer(origin), action.at, () => on({ kind: 'due', now: ports.mono(), ...dice() }));
    } else if (action.kind === 'ask') {
      void checkEdge(origin, action.nonce, on);
    } else {
      ports.keepViolation(action.violation);
    }
  };

  const checkEdge = async (origin: string, nonce: string, on: (event: EdgeCheckEvent) => void): Promise<void> => {
    const outcome = await ports.checkEdge(origin, nonce);
    on({ kind: 'answered', now: ports.mono(), jitter: ports.random.fraction(), nonce, outcome });
  };

  const resolve = async (id: string, host: string): Promise<void> => {
    const addresses = await ports.resolve(host);
    happen({ kind: 'resolved', id, now: ports.mono(), jitter: ports.random.fraction(), addresses });
  };

  const forget = (...names: readonly string[]): void => {
    for (const held of [timers, sockets, keyExchanges]) {
      for (const name of names) {
        held.get(name)?.();
        held.delete(name);
      }
    }
  };

  return {
    perform,
    wake,
    close: () => {
      for (const forget of [...timers.values(), ...sockets.values()]) forget();
    },
  };
};

/** A server's timer has its id for a name. */
const askTimer = (id: string): string => `ask ${id}`;
const checkTimer = (origin: string): string => `check ${origin}`;
const edgeTimer = (origin: string): string => `edge ${origin}`;
