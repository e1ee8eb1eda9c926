/** What the gateway serves, in virtual time: its real responders, asked without a network. */
import type { RoughTime } from '#contract/roughtime/rough-time.ts';
import { type MonoNanos, nanos } from '#contract/time.ts';
import type { ServerConfig } from '../../ntp-gateway/config.ts';
import type { Ports } from '../../ntp-gateway/ports.ts';
import { openRoughtimeClock, type RoughtimeClock } from '../../ntp-gateway/protocol/roughtime-clock.ts';
import { type Answering, makeAnswering } from '../support/answering.ts';

const AWAKE = nanos(0);

export const makeLan = (mono: () => MonoNanos) => {
  let answering: Answering | undefined;
  let signed: RoughtimeClock | undefined;
  const serve: Ports['serve'] = async (server, lines, utcLines) => {
    signed = openRoughtimeClock(utcLines, AWAKE);
    answering = makeAnswering(lines, server);
    return answering.server;
  };
  /** Its reply to a request that takes no time, from 127.0.0.1. */
  const ask = (request: Uint8Array): Uint8Array | undefined => answering?.ask(request, mono());
  /** What its Roughtime server would sign. */
  const sign = (): RoughTime | undefined => signed?.at(mono(), AWAKE);
  return { serve, follow: (server: ServerConfig): void => answering?.follow(server), ask, sign };
};
