/** The gateway's NTP server in virtual time: its real responder, asked without a network. */
import type { MonoNanos } from '#contract/time.ts';
import type { Ports } from '../../ntp-gateway/ports.ts';
import { type Answering, makeAnswering } from '../support/answering.ts';

export const makeLan = (mono: () => MonoNanos) => {
  let answering: Answering | undefined;
  const serve: Ports['serve'] = async (server, lines) => {
    answering = makeAnswering(lines, server);
    return answering.server;
  };
  /** Its reply to a request that takes no time, from 127.0.0.1. */
  const ask = (request: Uint8Array): Uint8Array | undefined => answering?.ask(request, mono());
  return { serve, ask };
};
