/** Our NTP server's responder, with nothing around it: a request and two moments in, a reply out. */
import type { MonoNanos } from '#contract/time.ts';
import { openCryptography } from '#native/cryptography.ts';
import type { ServerConfig } from '../../ntp-gateway/config.ts';
import type { NtpServer } from '../../ntp-gateway/ports.ts';
import { newClientMemory, openClientTable } from '../../ntp-gateway/protocol/client-table.ts';
import { diceFrom } from '../../ntp-gateway/protocol/dice.ts';
import { policyOf } from '../../ntp-gateway/protocol/policy.ts';
import { makeResponder } from '../../ntp-gateway/protocol/responder.ts';
import { openServerAuthentication } from '../../ntp-gateway/protocol/server-authentication.ts';
import { newCounters, sumCounters } from '../../ntp-gateway/protocol/server-counters.ts';
import { NO_KEYS, type ServerKeys } from '../../ntp-gateway/protocol/server-keys.ts';
import { randomFrom } from './dice.ts';
import { NO_SERVER } from './server-config.ts';

export type Sender = {
  readonly address?: readonly [number, number, number, number];
  readonly port?: number;
  readonly isBehind?: boolean;
};

export type Answering = ReturnType<typeof makeAnswering>;

const MOST_AT_ONCE = 8;
/** For a reply, in octets. */
const ROOM = 2304;

export const makeAnswering = (
  lines: SharedArrayBuffer,
  config: ServerConfig = NO_SERVER,
  keys: ServerKeys = NO_KEYS,
) => {
  const dice = randomFrom(1, 'nonces');
  const fill = (octets: Uint8Array): void => octets.set(Uint8Array.from(octets, () => 256 * dice.fraction()));
  const authentication = openServerAuthentication(openCryptography, fill, MOST_AT_ONCE, keys);
  const memory = newClientMemory();
  const counters = newCounters(1);
  const responder = makeResponder({
    lines,
    policy: policyOf(config),
    clients: openClientTable(memory, Int32Array.of(1, 2)),
    counters: counters[0]!,
    dice: diceFrom(Int32Array.of(1, 2, 3, 4)),
    authentication,
    mostAtOnce: MOST_AT_ONCE,
  });
  const partsOf = (mono: MonoNanos) => [Number(mono / 1_000_000_000n), Number(mono % 1_000_000_000n)] as const;
  const server: NtpServer = {
    counters: () => sumCounters(counters),
    clients: () => [memory],
    close: () => {},
  };
  const askAll = (
    requests: readonly Uint8Array[],
    receivedAt: MonoNanos,
    leavesAt = receivedAt,
    sealedAt = leavesAt,
    { address = [127, 0, 0, 1], port = 40_000, isBehind = false }: Sender = {},
  ): readonly (Uint8Array | undefined)[] => {
    const word = new DataView(Uint8Array.from(address).buffer).getInt32(0);
    const client = Int32Array.of(4, word, 0, 0, 0, port);
    const replies = new DataView(new ArrayBuffer(requests.length * ROOM));
    responder.begin(...partsOf(receivedAt), isBehind);
    const lengths = requests.map((request, i) => {
      const view = new DataView(request.buffer, request.byteOffset, request.byteLength);
      return responder.answer(view, 0, request.length, client, ...partsOf(receivedAt), replies, i * ROOM);
    });
    if (responder.isToSeal()) responder.seal(replies, ...partsOf(sealedAt));
    responder.leave(replies, ...partsOf(leavesAt));
    return lengths.map((length, i) => (length === 0 ? undefined : new Uint8Array(replies.buffer, i * ROOM, length)));
  };
  return {
    server,
    responder,
    follow: (next: ServerConfig): void => responder.follow(policyOf(next)),
    followKeys: authentication.follow,
    /** From an IPv4 address, 127.0.0.1 unless said otherwise. */
    ask: (request: Uint8Array, receivedAt: MonoNanos, leavesAt = receivedAt, sender: Sender = {}) =>
      askAll([request], receivedAt, leavesAt, leavesAt, sender)[0],
    /** In one batch, whose authenticated replies are sealed a while before the others leave. */
    askAll,
  };
};
