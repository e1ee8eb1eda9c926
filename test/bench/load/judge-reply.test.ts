import { describe, expect, it } from 'vitest';
import { faultOf, isRequest, mustBeAnswered } from './judge-reply.ts';

const header = (first: number, transmit = 0x11): Buffer => {
  const packet = Buffer.alloc(48);
  packet[0] = first;
  packet.fill(transmit, 40);
  return packet;
};
const field = (said: number, size = said): Buffer => {
  const bytes = Buffer.alloc(size);
  bytes.writeUInt16BE(said, 2);
  return bytes;
};
const [V4, V3] = [header(0x23), header(0x1b)];

describe('what may be answered', () => {
  it.each([
    { name: 'version 4', packet: V4, good: true },
    { name: 'version 3', packet: V3, good: true },
    { name: 'version 5', packet: header(0x2b), good: false },
    { name: 'version 0', packet: header(0x03), good: false },
    { name: 'a server’s reply', packet: header(0x24), good: false },
    { name: 'control, mode 6', packet: header(0x26), good: false },
    { name: '47 octets', packet: V4.subarray(0, 47), good: false },
    { name: 'a field of 28', packet: Buffer.concat([V4, field(28)]), good: true },
    { name: 'fields of 16 and 28', packet: Buffer.concat([V4, field(16), field(28)]), good: true },
    { name: 'a last field of 24', packet: Buffer.concat([V4, field(24)]), good: false },
    { name: 'a field of 30', packet: Buffer.concat([V4, field(30)]), good: false },
    { name: 'a field that says more than there is', packet: Buffer.concat([V4, field(32, 28)]), good: false },
    { name: 'a MAC', packet: Buffer.concat([V4, Buffer.alloc(20)]), good: false },
    { name: 'anything behind version 3', packet: Buffer.concat([V3, field(28)]), good: false },
  ])('$name: $good', ({ packet, good }) => {
    expect(isRequest(packet, 40_000)).toBe(good);
    expect(mustBeAnswered(packet, 40_000)).toBe(good);
  });

  it('version 1 without a mode, but not from a server’s port', () => {
    expect([40_000, 123].map((port) => isRequest(header(0x08), port))).toEqual([true, false]);
  });
});

describe('what is wrong with a reply', () => {
  const reply = header(0x24);
  reply.fill(0x11, 24, 32);
  const changed = (at: number, octet: number): Buffer => {
    const packet = Buffer.from(reply);
    packet[at] = octet;
    return packet;
  };
  it.each([
    { name: 'nothing', request: V4, reply, fault: undefined },
    { name: 'no request', request: header(0x26), reply, fault: 'a reply to what is no request' },
    { name: 'longer', request: V4, reply: Buffer.concat([reply, field(28)]), fault: 'a reply of 76 octets' },
    { name: 'another version', request: V4, reply: changed(0, 0x1c), fault: 'a reply that begins 28' },
    { name: 'another mode', request: V4, reply: changed(0, 0x23), fault: 'a reply that begins 35' },
    { name: 'another origin', request: V4, reply: changed(31, 0x12), fault: 'a reply with another origin' },
  ])('$name', ({ request, reply, fault }) => {
    expect(faultOf(reply, request, 40_000)).toBe(fault);
  });
});

describe('where the server can authenticate requests', () => {
  const typed = (type: number, size: number): Buffer => {
    const bytes = field(size);
    bytes.writeUInt16BE(type);
    return bytes;
  };
  const [IDENTIFIER, AUTHENTICATOR] = [typed(0x0104, 36), typed(0x0404, 40)];
  const NTS = Buffer.concat([V4, IDENTIFIER, typed(0x0204, 104), AUTHENTICATOR]);
  const SIGNED = Buffer.concat([V3, Buffer.alloc(20, 1)]);
  const sealed = [NTS, SIGNED];
  const altered = (packet: Buffer, at: number): Buffer => {
    const bytes = Buffer.from(packet);
    bytes[at]! ^= 1;
    return bytes;
  };

  it.each([
    { name: 'a sealed one', packet: NTS, good: true },
    { name: 'a signed one', packet: SIGNED, good: true },
    { name: 'a plain one', packet: V4, good: true },
    { name: 'a field that is not of NTS', packet: Buffer.concat([V4, field(28)]), good: true },
    { name: 'an altered one', packet: altered(NTS, 100), good: false },
    { name: 'another MAC', packet: altered(SIGNED, 60), good: false },
  ])('$name must be answered: $good', ({ packet, good }) => {
    expect(mustBeAnswered(packet, 40_000, sealed)).toBe(good);
  });

  const reply = (first: number, ...behind: readonly Buffer[]): Buffer => {
    const packet = Buffer.concat([header(first), ...behind]);
    packet.fill(0x11, 24, 32);
    return packet;
  };
  const [SEALED_REPLY, SIGNED_REPLY] = [reply(0x24, IDENTIFIER, AUTHENTICATOR), reply(0x1c, Buffer.alloc(20))];
  it.each([
    { name: 'a sealed reply', request: NTS, reply: SEALED_REPLY, fault: undefined },
    {
      name: 'one to what more follows',
      request: Buffer.concat([NTS, field(28)]),
      reply: SEALED_REPLY,
      fault: undefined,
    },
    { name: 'a signed reply', request: SIGNED, reply: SIGNED_REPLY, fault: undefined },
    { name: 'an altered one, NTSN', request: altered(NTS, 100), reply: reply(0x24, IDENTIFIER), fault: undefined },
    {
      name: 'an altered one',
      request: altered(NTS, 100),
      reply: SEALED_REPLY,
      fault: 'a reply that authenticates itself',
    },
    {
      name: 'a plain one',
      request: NTS,
      reply: reply(0x24, IDENTIFIER),
      fault: 'a reply that does not authenticate itself',
    },
    { name: 'another MAC', request: altered(SIGNED, 60), reply: SIGNED_REPLY, fault: 'a reply to what is no request' },
  ])('$name', ({ request, reply, fault }) => {
    expect(faultOf(reply, request, 40_000, sealed)).toBe(fault);
  });
});
