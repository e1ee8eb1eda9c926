import { randomFillSync } from 'node:crypto';
import { expect, it } from 'vitest';
import { readIdentity } from '../../../ntp-gateway/io/certificate.ts';
import { keepThread, threadState, untilLoaded } from '../../../ntp-gateway/io/threads.ts';
import { newClientMemory } from '../../../ntp-gateway/protocol/client-table.ts';
import { newKeyExchangeCounters } from '../../../ntp-gateway/protocol/key-exchange-counters.ts';
import { policyOf } from '../../../ntp-gateway/protocol/policy.ts';
import { makeCertificate } from '../../support/certificate.ts';
import { watchLog } from '../../support/log-lines.ts';
import { NO_SERVER } from '../../support/server-config.ts';
import { waitFor } from '../../support/wait-for.ts';

const LIMITS = { maxOldGenerationSizeMb: 64 };

it('a thread that fails is started again ever later, said once, counted, and well after a minute', async () => {
  const said = watchLog();
  const data = {
    listen: [],
    port: 123,
    counters: newKeyExchangeCounters(),
    clients: newClientMemory(),
    clientsKey: randomFillSync(new Int32Array(2)),
    policy: policyOf(NO_SERVER),
    identity: readIdentity(makeCertificate()),
    cookieKey: { id: 1, key: new Uint8Array(32).fill(1) },
  };
  let isBroken = true;
  const waits: number[] = [];
  const first: string[] = [];
  let fire = (): void => {};
  const before = threadState();
  const thread = keepThread(
    { program: 'key-exchange', task: 'exchanges keys', limits: LIMITS },
    () => (isBroken ? undefined : data),
    (heard) => first.push('error' in heard ? 'error' : 'loaded'),
    (due, ms) => {
      fire = due;
      if (ms !== 60_000) waits.push(ms);
      return setTimeout(() => {}, 0);
    },
  );
  try {
    for (let failed = 1; failed <= 7; failed++) {
      await waitFor(`${failed} failures`, () => waits.length === failed);
      isBroken = failed < 7;
      fire();
    }
    await waitFor('a start', () => first.includes('loaded'));
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 32_000]);
    expect(first).toEqual([...Array.from({ length: 7 }, () => 'error'), 'loaded']);
    const { failures, failing } = threadState();
    expect(failures['key-exchange']! - (before.failures['key-exchange'] ?? 0)).toBe(7);
    expect(failing).toBe(before.failing + 1);
    fire(); // a minute later
    expect(threadState().failing).toBe(before.failing);
    await untilLoaded();
    expect(said().filter((line) => line.includes('exchanges keys'))).toEqual([
      expect.stringMatching(/^warn: a thread that exchanges keys failed and is started again: /),
      'info: the thread that exchanges keys runs again',
    ]);
  } finally {
    await thread.stop(true);
  }
  expect(waits).toHaveLength(7);
});

it('a thread that the system will not even begin is one that failed', async () => {
  const said = watchLog();
  const before = threadState();
  const failures = () => threadState().failures.server! - (before.failures.server ?? 0);
  let fire = (): void => {};
  // None can be given a function, which shows before it begins: as it does where there are too many.
  const given = [{}, () => {}];
  const thread = keepThread(
    { program: 'server', task: 'does nothing', limits: LIMITS },
    () => given.shift(),
    () => {},
    (due) => {
      fire = due;
      return setTimeout(() => {}, 0);
    },
  );
  try {
    await waitFor('a failure', () => failures() === 1);
    fire();
    expect([failures(), threadState().failing - before.failing]).toEqual([2, 1]);
    expect(said().filter((line) => line.includes('does nothing'))).toHaveLength(1);
  } finally {
    await thread.stop(true);
  }
});
