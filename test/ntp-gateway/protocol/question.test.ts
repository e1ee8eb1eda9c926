import { expect, it } from 'vitest';
import { monoNanos, nanos } from '#contract/time.ts';
import { encodeQuestion } from '../../../ntp-gateway/protocol/question.ts';
import { ntpTimestamp } from '../../../ntp-gateway/wire/ntp-timestamp.ts';
import { hex } from '../../support/hex.ts';

it('says version 4, client, the poll and a nonce, and no more: draft-ietf-ntp-data-minimization-04 §3', () => {
  const expected = hex(`23 00 0a 20 ${'00'.repeat(36)} f1e2d3c4b5a69788`);
  expect(encodeQuestion({ nonce: ntpTimestamp(0xf1e2_d3c4_b5a6_9788n) }, 10)).toEqual(expected);
});

it('in interleaved mode names the exchange before, RFC 9769 §2, and still says no time of ours', () => {
  const before = {
    leap: 'none' as const,
    receiveTimestamp: ntpTimestamp(0x1112_1314_1516_1718n),
    transmitTimestamp: ntpTimestamp(0x2122_2324_2526_2728n),
    rootDelay: nanos(1e9),
    rootDispersion: nanos(2e9),
    t1: monoNanos(3n),
    t4: monoNanos(4n),
    isOpen: false,
  };
  const question = {
    nonce: ntpTimestamp(0xf1e2_d3c4_b5a6_9788n),
    interleaved: { before, nonce: ntpTimestamp(0x3132_3334_3536_3738n) },
  };
  const stamps = '1112131415161718 3132333435363738 f1e2d3c4b5a69788';
  expect(encodeQuestion(question, 10)).toEqual(hex(`23 00 0a 20 ${'00'.repeat(20)} ${stamps}`));
});
