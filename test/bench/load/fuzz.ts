/**
 * `node fuzz.ts PORT COUNT SEED [FILE]`: sends valid packets, mutations of them and random octets to 127.0.0.1, each from an
 * address of its own, judges every reply, and prints a `FuzzReport` as JSON. One of its sockets has port 123. The file has
 * requests that the server can authenticate, a line of hexadecimal each.
 */
import { readFileSync } from 'node:fs';
import { openUdpCrowd } from '#native/udp-crowd.ts';
import { randomFrom } from '../../support/dice.ts';
import { faultOf, isRequest, mustBeAnswered } from './judge-reply.ts';
import { LONGEST, mutationsBy } from './mutations.ts';

export type FuzzReport = {
  readonly sent: number;
  /** Well-formed ones among them. */
  readonly requests: number;
  readonly answered: number;
  /** Requests that had to be answered and were not. */
  readonly unanswered: number;
  readonly wrong: number;
  /** What was wrong, the first ones in words and with the request's octets. */
  readonly faults: readonly string[];
};

const LOCAL_PORTS = [0, 0, 0, 123];
const BATCH = 64;
const PATIENCE_MS = 200;
/** Datagrams that may still be answered. */
const REMEMBERED = 16 * BATCH;
const FIRST_ADDRESS = 0x7f_40_00_00;
const ADDRESSES = 2 ** 22;
const MOST_FAULTS = 10;

const [port, count, seed] = process.argv.slice(2, 5).map(Number) as [number, number, number];
const [file] = process.argv.slice(5);
const lines = file === undefined ? [] : readFileSync(file, 'latin1').trim().split('\n');
const sealed = lines.map((line) => Buffer.from(line, 'hex'));
const { request, mutation } = mutationsBy(randomFrom(seed, 'fuzz'), sealed);
const senders = LOCAL_PORTS.map((localPort) => ({
  localPort,
  crowd: openUdpCrowd({
    server: Uint8Array.of(127, 0, 0, 1),
    port,
    localPort,
    count: BATCH,
    size: LONGEST,
    patienceMs: PATIENCE_MS,
    ancillary: true,
  }),
}));
type Sender = (typeof senders)[number];

const report = { sent: 0, requests: 0, answered: 0, unanswered: 0, wrong: 0, faults: [] as string[] };

type Sent = { readonly number: number; readonly bytes: Buffer; readonly isAwaited: boolean };
const sent: (Sent | undefined)[] = new Array(REMEMBERED);
/** What becomes of a datagram is known: nothing more is to come of it. */
const settle = (slot: Sent | undefined): void => {
  if (slot) sent[slot.number % REMEMBERED] = undefined;
};

/** The last one of a batch is a good request: once it is answered, so is whatever else of the batch is to be. */
const send = ({ crowd, localPort }: Sender): number => {
  const { outgoing } = crowd;
  for (let i = 0; i < BATCH; i++) {
    const length = (i === BATCH - 1 ? request : mutation)(outgoing, i * LONGEST);
    const bytes = Buffer.from(
      outgoing.buffer.slice(outgoing.byteOffset + i * LONGEST, outgoing.byteOffset + i * LONGEST + length),
    );
    crowd.cut(i, length);
    crowd.speakAs(i, FIRST_ADDRESS + (report.sent % ADDRESSES));
    if (sent[report.sent % REMEMBERED]?.isAwaited) report.unanswered++;
    sent[report.sent % REMEMBERED] = {
      number: report.sent,
      bytes,
      isAwaited: mustBeAnswered(bytes, localPort, sealed),
    };
    if (isRequest(bytes, localPort)) report.requests++;
    report.sent++;
  }
  for (let done = 0; done < BATCH; ) done += crowd.send(done, BATCH - done);
  return report.sent - 1;
};

const judge = ({ crowd, localPort }: Sender, index: number): Sent | undefined => {
  const { buffer, byteOffset } = crowd.incoming;
  const reply = Buffer.from(buffer, byteOffset + index * LONGEST, crowd.lengthOf(index));
  const number = crowd.heardAs(index) - FIRST_ADDRESS;
  const slot = sent[number % REMEMBERED];
  const isIts = slot !== undefined && slot.number % ADDRESSES === number;
  const fault = isIts ? faultOf(reply, slot.bytes, localPort, sealed) : 'a reply to nobody, or a second one';
  report.answered++;
  if (fault !== undefined && report.wrong++ < MOST_FAULTS)
    report.faults.push(`${fault}: ${slot?.bytes.toString('hex')}`);
  if (isIts) settle(slot);
  return slot;
};

/** Until that datagram is answered, or nothing comes any more. */
const hear = (sender: Sender, last: number): void => {
  for (let isOver = false; !isOver; ) {
    const many = sender.crowd.receive(true);
    for (let i = 0; i < many; i++) if (judge(sender, i)?.number === last) isOver = true;
    if (many === 0) isOver = true;
  }
};

while (report.sent < count) for (const sender of senders) hear(sender, send(sender));
for (const sender of senders) hear(sender, -1);
report.unanswered += sent.filter((slot) => slot?.isAwaited).length;
const found: FuzzReport = report;
console.log(JSON.stringify(found));
