/**
 * A thread that answers, on sockets of its own, until it is told to stop: it never gets to its event loop. What it shares
 * with the main thread is memory that one of them writes; server-linux.ts starts it.
 */
import { randomFillSync } from 'node:crypto';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { openCryptography } from '#native/cryptography.ts';
import { openReadiness } from '#native/readiness.ts';
import { PATIENCE_MS } from '#native/server-sockets.ts';
import { openUdpServer, SLOT, type UdpServer } from '#native/udp-server.ts';
import { openClientTable } from '../protocol/client-table.ts';
import { diceFrom } from '../protocol/dice.ts';
import { NANOS, openKernelStamps, RAW } from '../protocol/kernel-stamps.ts';
import { RECEIVE } from '../protocol/reply-words.ts';
import { makeResponder } from '../protocol/responder.ts';
import type { ClientAddress } from '../protocol/screening.ts';
import { openServerAuthentication } from '../protocol/server-authentication.ts';
import { UNSENT } from '../protocol/server-counters.ts';
import { LEAST_SLEEP } from '../protocol/utc-clock.ts';
import { HEADER_SIZE } from '../wire/ntp-packet.ts';
import { openSlept } from './clocks.ts';
import { openStampClocks, RAW_CLOCK } from './stamp-clocks.ts';
import { RULES, type Rules, STOP, type ThreadData } from './thread-data.ts';

/** Datagrams to a batch: with more, each costs hardly less, and the first waits longer for the last. */
const BATCH = 64;
/** ns between two turns: in the meantime other programs had the processor. */
const COLD = 1e6;

const run = ({ sockets, lines, policy, keys, clients, clientsKey, counters, seed, orders }: ThreadData): void => {
  const clocks = openStampClocks();
  const { words } = clocks;
  const stamps = openKernelStamps();
  const authentication = openServerAuthentication(openCryptography, randomFillSync, BATCH, keys);
  const responder = makeResponder({
    lines,
    policy,
    clients: openClientTable(clients, clientsKey),
    counters,
    dice: diceFrom(seed),
    authentication,
    mostAtOnce: BATCH,
  });
  const servers = sockets.map((socket) => openUdpServer(socket, BATCH));
  const readiness = openReadiness(sockets.map(({ fd }) => fd));
  const slept = openSlept();
  let asleep = slept?.() ?? 0;
  const client: ClientAddress = new Int32Array(6);
  parentPort!.postMessage(undefined); // all is loaded: threads.ts
  const stamp = new Int32Array(2);

  /** Since it was last asked. Where that cannot be told, it may have. */
  const hasSlept = (): boolean => {
    const before = asleep;
    asleep = slept?.() ?? 0;
    return slept === undefined || asleep - before > LEAST_SLEEP;
  };

  const departed = (packets: DataView, at: number, length: number, seconds: number, nanos: number): void => {
    const gone = stamps.gone(seconds, nanos);
    if (gone < 0 || length < HEADER_SIZE) return;
    responder.departed(
      packets.getInt32(at + RECEIVE),
      packets.getInt32(at + RECEIVE + 4),
      secondsBefore(words, gone),
      nanosBefore(words, gone),
    );
  };

  /** @returns how many replies are to be sent. */
  const answerAll = (server: UdpServer, many: number): number => {
    let due = 0;
    for (let i = 0; i < many; i++) {
      server.readSender(i, client);
      const waited = server.readStamp(i, stamp) ? stamps.waited(stamp[0]!, stamp[1]!) : 0;
      const length = responder.answer(
        server.requests,
        i * SLOT,
        server.lengthOf(i),
        client,
        secondsBefore(words, waited),
        nanosBefore(words, waited),
        server.replies,
        due * SLOT,
      );
      if (length > 0) server.address(due++, i, length, responder.wantsStamp());
    }
    return due;
  };

  /** By the clock as it was just read. */
  const stampAll = (replies: DataView): void => {
    if (responder.isToSeal()) {
      responder.seal(replies, words[RAW]!, words[RAW + NANOS]!);
      clocks.read(RAW_CLOCK);
    }
    responder.leave(replies, words[RAW]!, words[RAW + NANOS]!);
  };

  const takeTurn = (server: UdpServer, isToWait: boolean): void => {
    const many = server.receive(isToWait);
    const [lastSeconds, lastNanos] = [words[RAW]!, words[RAW + NANOS]!];
    clocks.readAll();
    if (!stamps.look(words) && hasSlept()) responder.hold();
    responder.begin(words[RAW]!, words[RAW + NANOS]!, many === BATCH && server.isBehind());
    server.readDepartures(departed);
    const due = answerAll(server, many);
    if (due === 0) return;
    // From the last reading to the departure of the first reply it takes 1 µs, and ten where the caches are cold.
    if ((words[RAW]! - lastSeconds) * 1e9 + words[RAW + NANOS]! - lastNanos > COLD) {
      stampAll(server.replies);
      server.warm();
    }
    clocks.read(RAW_CLOCK);
    stampAll(server.replies);
    counters[UNSENT]! += due - server.send(due);
  };

  const takeReadyTurns = (): void => {
    if (readiness.wait(PATIENCE_MS) === 0) takeTurn(servers[0]!, false); // the clocks are looked at all the same
    for (let i = 0; i < servers.length; i++) if (readiness.isReady(i)) takeTurn(servers[i]!, false);
  };

  const follow = (rules: Rules): void => {
    responder.follow(rules.policy);
    authentication.follow(rules.keys);
  };

  try {
    for (let known = 0; Atomics.load(orders, STOP) === 0; ) {
      const sent = Atomics.load(orders, RULES);
      if (sent !== known) followNewest(follow);
      known = sent;
      if (servers.length === 1) takeTurn(servers[0]!, true);
      else takeReadyTurns();
    }
  } finally {
    for (const { free } of [clocks, readiness, authentication, ...servers]) free();
  }
};

const followNewest = (follow: (rules: Rules) => void): void => {
  let received = receiveMessageOnPort(parentPort!);
  while (received) {
    follow(received.message);
    received = receiveMessageOnPort(parentPort!);
  }
};

/** The oscillator's reading, less `ns`, of 0 … 1e9. */
const secondsBefore = (words: Int32Array, ns: number): number => words[RAW]! - (words[RAW + NANOS]! < ns ? 1 : 0);
const nanosBefore = (words: Int32Array, ns: number): number => {
  const nanos = words[RAW + NANOS]! - ns;
  return nanos < 0 ? nanos + 1_000_000_000 : nanos;
};

run(workerData);
