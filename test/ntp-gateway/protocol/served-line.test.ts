import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import {
  ageOf,
  distanceAt,
  newLineMemory,
  readerOf,
  type ServedLine,
  toldAt,
  writeLine,
} from '../../../ntp-gateway/protocol/served-line.ts';

const LINE: ServedLine = {
  atSeconds: 12_345_678,
  atNanos: 999_999_999,
  seconds: 4_000_000_000,
  nanos: 250_000_000,
  frequency: 2e-5,
  slew: -83_000_000,
  slewRate: 0.083,
  early: 3e6,
  late: 5e6,
  earlyGrowth: 1e-6,
  lateGrowth: 2e-6,
  guardFrom: 10e9,
  guardEarly: 1e9,
  guardLate: 0,
  limit: 1.5e9,
  leap: 1,
  stratum: 3,
  referenceId: 0xc0000201,
  referenceSeconds: 3_999_999_936,
  referenceFraction: 0,
  rootDelay: 1311,
  precision: -25,
  epoch: 7,
};

describe('a line in shared memory', () => {
  it('comes out as it went in, and only the newest does', () => {
    const memory = newLineMemory();
    const reader = readerOf(memory);
    expect(reader.refresh()).toBe(0);
    for (let epoch = 1; epoch <= 20; epoch++) {
      writeLine(memory, { ...LINE, epoch });
      expect(reader.refresh()).toBe(epoch);
      expect(reader.line).toEqual({ ...LINE, epoch });
    }
    writeLine(memory, { ...LINE, epoch: 21 });
    writeLine(memory, { ...LINE, epoch: 22 });
    expect([reader.refresh(), reader.line.epoch]).toEqual([22, 22]);
  });

  it('is never half of one and half of another, however often it is written', async () => {
    const memory = newLineMemory();
    const file = new URL('../../../ntp-gateway/protocol/served-line.ts', import.meta.url);
    const writer = new Worker(
      `const { workerData: { memory, file, line } } = require('node:worker_threads');
       import(file).then(({ writeLine }) => {
         for (let i = 1; i <= 300_000; i++) {
           writeLine(memory, Object.fromEntries(Object.keys(line).map((name) => [name, i])));
         }
       });`,
      { eval: true, workerData: { memory, file: file.href, line: LINE } },
    );
    const ended = once(writer, 'exit');
    const reader = readerOf(memory);
    let [isWriting, read] = [true, 0];
    ended.then(() => {
      isWriting = false;
    });
    while (isWriting) {
      for (let i = 0; i < 1_000; i++) {
        const count = reader.refresh();
        if (count > 0) read++;
        const values = new Set(Object.values(reader.line));
        if (values.size !== 1 || !values.has(count)) throw new Error(`torn: ${[...values]} at ${count}`);
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(reader.refresh()).toBe(300_000);
    expect(read).toBeGreaterThan(1_000);
  });
});

describe('a line’s time', () => {
  it.each([
    { name: 'then', seconds: 12_345_678, nanos: 999_999_999, age: 0, told: 250e6 - 83e6 },
    { name: '1 ns later, in the next second', seconds: 12_345_679, nanos: 0, age: 1, told: 250e6 - 83e6 + 1 + 0.083 },
    { name: 'half slewed', seconds: 12_345_679, nanos: 499_999_999, age: 0.5e9, told: 750e6 + 1e4 - 41.5e6 },
    { name: 'slewed', seconds: 12_345_680, nanos: 999_999_999, age: 2e9, told: 2_250e6 + 4e4 },
    { name: 'a little before', seconds: 12_345_678, nanos: 899_999_999, age: -0.1e9, told: 150e6 - 2e3 - 83e6 },
  ])('$name', ({ seconds, nanos, age, told }) => {
    expect(ageOf(LINE, seconds, nanos)).toBe(age);
    expect(toldAt(LINE, age)).toBeCloseTo(told, 3);
  });

  it.each([
    { name: 'then: behind by what is slewed', age: 0, distance: 5e6 + 83e6 },
    { name: 'slewed', age: 4e9, distance: 5e6 + 8e3 },
    { name: 'a little before: what is later could be earlier', age: -1e9, distance: 5e6 + 1e3 + 83e6 },
    { name: 'before a leap second', age: 10e9 - 1, distance: 5e6 + 2e4 },
    { name: 'at it', age: 10e9, distance: 1e9 + 3e6 + 1e4 },
  ])('distance $name', ({ age, distance }) => {
    expect(distanceAt(LINE, age)).toBeCloseTo(distance, 0);
  });
});
