import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeTempDir } from '../../support/temp-dir.ts';
import { requestsFor } from './requests.ts';

const SIZE = 52;
const packetOf = (serial: number): Buffer => {
  const packet = Buffer.alloc(SIZE, serial);
  packet[0] = 0x23;
  packet.writeInt32BE(serial, 44);
  return packet;
};

describe('requests that are sent as they are', () => {
  const file = join(makeTempDir(), 'packets');
  writeFileSync(file, Buffer.concat([packetOf(1), packetOf(2), packetOf(3)]));
  const requests = requestsFor(file, 8, 3);
  const view = new DataView(new ArrayBuffer(2 * SIZE));

  it.each([
    { client: 0, serial: 1 },
    { client: 2, serial: 3 },
    { client: 4, serial: 2 },
  ])('client $client sends number $serial', ({ client, serial }) => {
    expect(requests.size).toBe(SIZE);
    expect(requests.write(view, SIZE, client, 99)).toBe(serial);
    expect(Buffer.from(view.buffer, SIZE)).toEqual(packetOf(serial));
  });

  it('know their reply by the second half of its origin', () => {
    const reply = Buffer.alloc(SIZE);
    reply.set([0x24, 2]);
    reply.writeInt32BE(7, 28);
    const from = new DataView(reply.buffer, reply.byteOffset);
    expect(requests.judge(from, 0, SIZE)).toBe(7);
    expect(() => requests.judge(from, 0, 48)).toThrow('a reply of 48 octets to a request of 52');
    reply[1] = 0; // a kiss, NTSN say
    expect(() => requests.judge(from, 0, SIZE)).toThrow('this does not tell the time');
  });
});
