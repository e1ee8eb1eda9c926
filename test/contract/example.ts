/** The worked example of contract/README.md: one edge reading, the sample that bounds it, an answer made from it, and a pulled time. */
import type { Delegation } from '#contract/delegation.ts';
import type { EdgeReading } from '#contract/edge-reading.ts';
import type { Budget } from '#contract/error-budget.ts';
import { keyId, type SigningKey } from '#contract/jws.ts';
import type { KeySuccession } from '#contract/key-succession.ts';
import type { PulledTime } from '#contract/pulled-time.ts';
import { nanos, unixNanos } from '#contract/time.ts';
import type { Answer } from '#contract/time-answer.ts';
import type { TimeSample } from '#contract/time-sample.ts';

/** RFC 8037 appendix A.1: a key whose private half everyone knows. A.3 is its thumbprint. */
export const RFC8037 = {
  jwk: {
    kty: 'OKP',
    crv: 'Ed25519',
    d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
    x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  },
  thumbprint: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
} as const;

export const exampleKey = async (): Promise<SigningKey> => ({
  id: RFC8037.thumbprint,
  privateKey: await crypto.subtle.importKey('jwk', RFC8037.jwk, { name: 'Ed25519' }, false, ['sign']),
});

/** RFC 8032 §7.1, test 2, as an edge's key. */
export const EDGE_JWK = {
  kty: 'OKP',
  crv: 'Ed25519',
  d: 'TM0Imyj_ltqdtsNG7BFOD1uKMZ81q6Yk2oz27U-4pvs',
  x: 'PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw',
} as const;

export const exampleEdgeKey = async (): Promise<SigningKey> => ({
  id: await keyId(EDGE_JWK.x),
  privateKey: await crypto.subtle.importKey('jwk', EDGE_JWK, { name: 'Ed25519' }, false, ['sign']),
});

export const exampleDelegation: Delegation = {
  version: 1,
  gateway: 'gw-1',
  edgeKey: EDGE_JWK.x,
  aud: 'https://time.example.org',
  validFromUnixNs: unixNanos(1795335599996910001n),
  validUntilUnixNs: unixNanos(1795421999996910001n),
};

/** To the key of RFC 8032 §7.1, test 2, as if it were the gateway's. */
export const exampleSuccession: KeySuccession = {
  version: 1,
  gateway: 'gw-1',
  key: RFC8037.jwk.x,
  next: EDGE_JWK.x,
};

export const examplePulled: PulledTime = {
  version: 1,
  gateway: 'gw-1',
  aud: 'https://time.example.org',
  nonce: 'c29tZSBkaWNlIGZvciB5b3U',
  epoch: 3,
  synchronized: true,
  estimateUnixNs: unixNanos(1795336202000123456n),
  earliestUnixNs: unixNanos(1795336201996909001n),
  latestUnixNs: unixNanos(1795336202003337999n),
  leap: 'none',
  lineage: ['gw-1'],
};

export const exampleReading: EdgeReading = {
  sampleSha256: 'n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg',
  isolate: 'i-5f0c',
  isolateUnixMs: 1795336184025,
  departedUnixMs: 1795336184031,
  object: 'o-91ab',
  objectUnixMs: 1795336184021,
  location: 'local',
  nonce: 'BpNhzWkZnIOtwGj_7p9oTqfLkk4rPMYRVlY0lEYtB-Q',
};

export const exampleSample: TimeSample = {
  version: 1,
  gateway: 'gw-1',
  aud: 'https://time.example.org',
  epoch: 3,
  sequence: 41,
  synchronized: true,
  estimateUnixNs: unixNanos(1795336200000123456n),
  earliestUnixNs: unixNanos(1795336199996910001n),
  latestUnixNs: unixNanos(1795336200003336999n),
  standardDeviationNs: 18_250,
  rootDelayNs: 6_104_000,
  rootDispersionNs: 161_500,
  stratum: 3,
  referenceId: 'a29fc801',
  leap: 'none',
  taiOffsetSeconds: 37,
  sourcesSelected: 4,
  sourcesTotal: 5,
  lineage: ['gw-1'],
  validFromUnixNs: unixNanos(1795336199996910001n),
  validUntilUnixNs: unixNanos(1795336500000123456n),
  previousSha256: 'n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg',
  readings: [
    {
      ...exampleReading,
      estimateUnixNs: unixNanos(1795336184023611000n),
      earliestUnixNs: unixNanos(1795336184010004000n),
      latestUnixNs: unixNanos(1795336184041118000n),
    },
  ],
};

export const exampleAnswer: Answer = {
  time: unixNanos(1795336205123456789n),
  earliest: unixNanos(1795336205120242789n),
  latest: unixNanos(1795336205126670789n),
  synchronized: true,
  leap: 'none',
  taiOffsetSeconds: 37,
  stratum: 4,
  gateway: 'gw-1',
  sampleAge: nanos(5_120_000_000),
  nonce: 'c29tZSBkaWNlIGZvciB5b3U',
};

/** Of that answer: its parts sum to its width. */
export const exampleBudget: Budget = {
  parts: {
    sources: nanos(1_246_100),
    gatewayExchange: nanos(2_899_700),
    objectExchange: nanos(0),
    clockStep: nanos(2_000_000),
    objectLag: nanos(0),
    spread: nanos(0),
    drift: nanos(512_400),
    leap: nanos(0),
    agreement: nanos(-230_200),
  },
  earliestBy: 'gw-1',
  latestBy: 'gw-2',
};
