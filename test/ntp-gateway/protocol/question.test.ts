import { expect, it } from 'vitest';
import { encodeQuestion } from '../../../ntp-gateway/protocol/question.ts';
import { ntpTimestamp } from '../../../ntp-gateway/wire/ntp-timestamp.ts';
import { hex } from '../../support/hex.ts';

it('says version 4, client, the poll and a nonce, and no more: draft-ietf-ntp-data-minimization-04 §3', () => {
  const expected = hex(`23 00 0a 20 ${'00'.repeat(36)} f1e2d3c4b5a69788`);
  expect(encodeQuestion(ntpTimestamp(0xf1e2_d3c4_b5a6_9788n), 10)).toEqual(expected);
});
