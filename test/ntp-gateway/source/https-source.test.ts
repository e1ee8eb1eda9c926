import { expect, it } from 'vitest';
import { ok, refuse } from '#contract/result.ts';
import { type MonoNanos, milliseconds, monoNanos, nanos } from '#contract/time.ts';
import type { EdgeOutcome } from '../../../ntp-gateway/protocol/edge-answer.ts';
import { newHttpsSource, stepHttpsSource } from '../../../ntp-gateway/source/https-source.ts';
import { NOON } from '../../support/ntp-reply.ts';
import { around } from '../../support/signed-edge.ts';

const at = (s: number): MonoNanos => monoNanos(BigInt(s) * 1_000_000_000n);
const config = {
  name: 'https://time.example.org',
  gatewayKey: 'k'.repeat(43),
  referenceId: 1,
  minPoll: 4,
  maxPoll: 6,
} as const;
const answer: EdgeOutcome = ok({
  ...around(NOON),
  t1: at(1),
  t4: monoNanos(at(1) + BigInt(nanos(milliseconds(10)))),
  leap: 'none',
  stratum: 3,
  lineage: ['gw-1'],
});

/** What is left of what it taught, once one more question came to this. */
const estimatorAfter = (outcome: EdgeOutcome) =>
  [answer, outcome].reduce(
    (before, one, i) => {
      const due = { kind: 'due', now: at(64 * i), nonce: 1n, secondNonce: 2n, jitter: 0.5 } as const;
      const asking = stepHttpsSource(before, due, undefined, { maxDrift: 5e-4 }).source;
      const nonce = asking.association.question!;
      const answered = { kind: 'answered', now: at(64 * i + 2), nonce, outcome: one } as const;
      return stepHttpsSource(asking, answered, undefined, { maxDrift: 5e-4 }).source;
    },
    newHttpsSource(config, 'gw-2', at(0)),
  ).estimator;

it('what an edge taught counts on while it is away, and no more once the pinned key was given up, or it went back', () => {
  for (const word of ['timeout', 'no-time', 'unknown-key'] as const)
    expect(estimatorAfter(refuse(word)), word).toBeDefined();
  for (const word of ['revoked', 'went-back'] as const) expect(estimatorAfter(refuse(word)), word).toBeUndefined();
});
