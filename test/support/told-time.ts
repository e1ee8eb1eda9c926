/** An edge that somebody has told the time, without a gateway that runs. */
import { expect } from 'vitest';
import type { EdgeReading } from '#contract/edge-reading.ts';
import { signSample } from '#contract/signed-sample.ts';
import { unixMillis } from '#contract/time.ts';
import type { TimeSample } from '#contract/time-sample.ts';
import { exampleKey, exampleSample } from '../contract/example.ts';

/**
 * Samples, each of which bounds the reading that the one before got, until that does: where the machine stood still meanwhile, it
 * is known too badly to be told. True time is this host's plus `shiftMs`.
 */
export const tellTime = async (url: string, shiftMs: number): Promise<void> => {
  const key = await exampleKey();
  const nowPlus = (ms: number) => unixMillis(Date.now() + shiftMs + ms);
  const post = async (over: Partial<TimeSample>): Promise<EdgeReading> => {
    const now = nowPlus(0); // once: a ms that began in between would put the estimate outside
    const word = { estimateUnixNs: now, earliestUnixNs: now, latestUnixNs: nowPlus(1) };
    const valid = { validFromUnixNs: now, validUntilUnixNs: nowPlus(300_000) };
    const sample = { ...exampleSample, ...word, ...valid, aud: url, readings: [], ...over };
    const response = await fetch(`${url}/samples`, { method: 'POST', body: await signSample(sample, key) });
    expect(response.status, await response.clone().text()).toBe(200);
    return (await response.json()) as EdgeReading;
  };
  let said: Partial<TimeSample> = {};
  for (let sequence = 1; ; sequence++) {
    const sent = nowPlus(0);
    const reading = await post({ sequence, ...said });
    if (sequence > 1 && (await fetch(`${url}/time`)).ok) return;
    const bound = { ...reading, earliestUnixNs: sent, estimateUnixNs: sent, latestUnixNs: nowPlus(1) };
    said = { previousSha256: reading.sampleSha256, readings: [bound] };
  }
};
