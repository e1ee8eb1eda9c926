/**
 * `node flood.ts PORT SECONDS ADDRESSES`: requests to 127.0.0.1 as fast as they can be sent, in turn from so many addresses
 * that nobody has, whose replies nobody reads; prints a `FloodReport` as JSON.
 */
import { openUdpCrowd } from '#native/udp-crowd.ts';
import { randomFrom } from '../../support/dice.ts';
import { mutationsBy } from './mutations.ts';

export type FloodReport = { readonly sent: number; readonly perSecond: number };

const BATCH = 64;
const SIZE = 48;
const FIRST_ADDRESS = 0x7f_40_00_00;

const [port, seconds, addresses] = process.argv.slice(2).map(Number) as [number, number, number];
const crowd = openUdpCrowd({ server: Uint8Array.of(127, 0, 0, 1), port, count: BATCH, size: SIZE, patienceMs: 1 });
const { request } = mutationsBy(randomFrom(1, 'flood'));
for (let i = 0; i < BATCH; i++) request(crowd.outgoing, i * SIZE);

let sent = 0;
const until = performance.now() + 1_000 * seconds;
while (performance.now() < until) {
  for (let i = 0; i < BATCH; i++) crowd.speakAs(i, FIRST_ADDRESS + ((sent + i) % addresses));
  sent += crowd.send(0, BATCH);
}
crowd.close();
const report: FloodReport = { sent, perSecond: sent / seconds };
console.log(JSON.stringify(report));
