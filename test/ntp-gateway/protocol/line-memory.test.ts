import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { newLineMemory, readerOf, writeLine } from '../../../ntp-gateway/protocol/line-memory.ts';
import { LINE } from '../../support/served-line.ts';

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
    const file = new URL('../../../ntp-gateway/protocol/line-memory.ts', import.meta.url);
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
