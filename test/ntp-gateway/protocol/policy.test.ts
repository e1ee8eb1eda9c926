import { describe, expect, it } from 'vitest';
import { milliseconds, seconds } from '#contract/time.ts';
import { parsePrefix } from '../../../ntp-gateway/config/prefixes.ts';
import { isAllowed, isExempt, policyOf } from '../../../ntp-gateway/protocol/policy.ts';
import { clientAddress } from '../../support/client-address.ts';

const prefixes = (...texts: string[]) => texts.map((text) => parsePrefix(text)!);

describe('who is answered', () => {
  it.each([
    { allow: [], deny: [], address: '192.0.2.1', allowed: true },
    { allow: [], deny: [], address: '2001:db8::1', allowed: true },
    { allow: [], deny: ['192.0.2.0/24'], address: '192.0.2.1', allowed: false },
    { allow: [], deny: ['192.0.2.0/24'], address: '192.0.3.1', allowed: true },
    { allow: ['10.0.0.0/8'], deny: [], address: '10.1.2.3', allowed: true },
    { allow: ['10.0.0.0/8'], deny: [], address: '11.1.2.3', allowed: false },
    { allow: ['10.0.0.0/8'], deny: [], address: 'fd00::1', allowed: false }, // IPv4 alone was allowed
    { allow: ['10.0.0.0/8'], deny: ['10.9.0.0/16'], address: '10.9.1.1', allowed: false },
    { allow: ['10.0.0.0/8', '10.9.8.0/24'], deny: ['10.9.0.0/16'], address: '10.9.8.1', allowed: true },
    { allow: ['fd00::/8'], deny: ['::/0'], address: 'fd12::1', allowed: true },
    { allow: ['::ffff:10.0.0.0/104'], deny: [], address: '10.1.2.3', allowed: true },
  ])('allow $allow, deny $deny: $address $allowed', ({ allow, deny, address, allowed }) => {
    const policy = policyOf({ allow: prefixes(...allow), deny: prefixes(...deny) });
    expect(isAllowed(policy, clientAddress(address))).toBe(allowed);
  });
});

describe('how often', () => {
  const limited = policyOf({
    allow: [],
    deny: [],
    rateLimit: { interval: milliseconds(1.5), burst: 8, exempt: prefixes('10.1.0.0/16', 'fd00::/16') },
  });

  it('is unlimited where nothing is said, and for those who are exempt', () => {
    expect(policyOf({ allow: [], deny: [] })).not.toHaveProperty('limit');
    expect(limited.limit).toEqual({ intervalMs: 1.5, burst: 8 });
    for (const [address, exempt] of [
      ['10.1.2.3', true] as const,
      ['10.2.2.3', false] as const,
      ['fd00::1', true] as const,
    ]) {
      expect(isExempt(limited, clientAddress(address))).toBe(exempt);
    }
  });

  it.each([
    { interval: 2, minPoll: 4 },
    { interval: 16, minPoll: 4 },
    { interval: 17, minPoll: 5 },
    { interval: 3600, minPoll: 12 },
  ])('once in $interval s names a poll of $minPoll', ({ interval, minPoll }) => {
    const rateLimit = { interval: seconds(interval), burst: 1, exempt: [] };
    expect(policyOf({ allow: [], deny: [], rateLimit }).minPoll).toBe(minPoll);
  });

  it('goes to a thread as it is', () => {
    expect(structuredClone(limited)).toEqual(limited);
  });
});
