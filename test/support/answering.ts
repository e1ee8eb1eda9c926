/** Our NTP server's responder, with nothing around it: a request and two moments in, a reply out. */
import type { MonoNanos } from '#contract/time.ts';
import type { ServerConfig } from '../../ntp-gateway/config.ts';
import type { NtpServer } from '../../ntp-gateway/ports.ts';
import { newClientMemory, openClientTable } from '../../ntp-gateway/protocol/client-table.ts';
import { diceFrom } from '../../ntp-gateway/protocol/dice.ts';
import { policyOf } from '../../ntp-gateway/protocol/policy.ts';
import { makeResponder } from '../../ntp-gateway/protocol/responder.ts';
import { newCounters, sumCounters } from '../../ntp-gateway/protocol/server-counters.ts';
import { NO_SERVER } from './server-config.ts';

export type Sender = {
  readonly address?: readonly [number, number, number, number];
  readonly port?: number;
  readonly isBehind?: boolean;
};

export type Answering = ReturnType<typeof makeAnswering>;

export const makeAnswering = (lines: SharedArrayBuffer, config: ServerConfig = NO_SERVER) => {
  const memory = newClientMemory();
  const counters = newCounters(1);
  const clients = openClientTable(memory, Int32Array.of(1, 2));
  const responder = makeResponder(
    lines,
    policyOf(config),
    clients,
    counters[0]!,
    diceFrom(Int32Array.of(1, 2, 3, 4)),
    1,
  );
  const partsOf = (mono: MonoNanos) => [Number(mono / 1_000_000_000n), Number(mono % 1_000_000_000n)] as const;
  const server: NtpServer = {
    counters: () => sumCounters(counters),
    clients: () => [memory],
    follow: (next) => responder.follow(policyOf(next)),
    close: () => {},
  };
  return {
    server,
    responder,
    /** From an IPv4 address, 127.0.0.1 unless said otherwise. */
    ask: (
      request: Uint8Array,
      receivedAt: MonoNanos,
      leavesAt = receivedAt,
      { address = [127, 0, 0, 1], port = 40_000, isBehind = false }: Sender = {},
    ): Uint8Array | undefined => {
      const word = new DataView(Uint8Array.from(address).buffer).getInt32(0);
      const client = Int32Array.of(4, word, 0, 0, 0, port);
      const requests = new DataView(request.buffer, request.byteOffset, request.byteLength);
      const reply = new DataView(new ArrayBuffer(48));
      responder.begin(...partsOf(receivedAt), isBehind);
      const length = responder.answer(requests, 0, request.length, client, ...partsOf(receivedAt), reply, 0);
      responder.leave(reply, ...partsOf(leavesAt));
      return length === 0 ? undefined : new Uint8Array(reply.buffer, 0, length);
    },
  };
};
