import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { after, nanos, seconds } from '#contract/time.ts';
import { keeping } from '../../../ntp-gateway/io/keeping.ts';
import { keepViolation } from '../../../ntp-gateway/io/violations.ts';
import type { Violation } from '../../../ntp-gateway/publish/edge-check.ts';
import { NOON } from '../../support/ntp-reply.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const KEY = { id: 'k'.repeat(43), x: 'x'.repeat(43) };
const at = (s: number) => {
  const time = after(NOON, seconds(s));
  return { time, earliest: after(time, nanos(-1)), latest: after(time, nanos(1)) };
};
const violation = (s: number, number = 1, edge = 'https://time.example.org'): Violation => ({
  edge,
  number,
  nonce: 'n'.repeat(32),
  jws: 'a.b.c',
  gatewayKey: KEY,
  said: at(s + 9),
  beyond: nanos(9e9),
  epoch: 3,
  before: at(s),
  after: at(s),
  sources: ['a:123'],
});

describe('evidence against an edge', () => {
  it('is a file that says whose word, to which question, and what we knew', () => {
    const stateDir = makeTempDir();
    keepViolation(stateDir, 'gw-1', violation(0, 1, 'http://[::1]:8787'));
    const folder = join(stateDir, 'violations');
    const [name] = readdirSync(folder);
    expect(name).toMatch(/^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z-___1__8787-1\.json$/);
    expect(JSON.parse(readFileSync(join(folder, name!), 'utf8'))).toEqual({
      version: 1,
      gateway: { id: 'gw-1', keyId: KEY.id, x: KEY.x },
      edge: 'http://[::1]:8787',
      number: 1,
      nonce: 'n'.repeat(32),
      jws: 'a.b.c',
      epoch: 3,
      sources: ['a:123'],
      beyondNs: 9e9,
      said: expect.objectContaining({ timeUnixNs: `${at(9).time}` }),
      before: { timeUnixNs: `${NOON}`, earliestUnixNs: `${NOON - 1n}`, latestUnixNs: `${NOON + 1n}` },
      after: expect.anything(),
    });
  });

  it('that cannot be written waits, the first of an episode too; a later episode takes its place', () => {
    const stateDir = join(makeTempDir(), 'state');
    writeFileSync(stateDir, ''); // where a folder should be
    for (const number of [1, 2, 4, 1]) keepViolation(stateDir, 'gw-1', violation(60 * number, number));
    const waiting = Object.keys(keeping.state().faults).filter((path) => path.startsWith(stateDir));
    expect(waiting).toEqual([1, 2, 4].map((number) => join(stateDir, `violations/time.example.org-${number}.json`)));
  });

  it('is a hundred files at most: the first of each episode stay longest, and of those the newest', () => {
    const stateDir = makeTempDir();
    const folder = join(stateDir, 'violations');
    mkdirSync(folder);
    writeFileSync(join(folder, 'notes.txt'), 'of the operator');
    for (let i = 0; i < 150; i++) keepViolation(stateDir, 'gw-1', violation(60 * i, i % 3 === 0 ? 1 : 2));
    const names = () => readdirSync(folder).filter((name) => name.endsWith('.json'));
    expect(names()).toHaveLength(100);
    expect(names().filter((name) => name.endsWith('-1.json'))).toHaveLength(50);
    for (let i = 150; i < 260; i++) keepViolation(stateDir, 'gw-1', violation(60 * i));
    expect(names()).toHaveLength(100);
    expect(names()[0]).toContain(new Date(Number(at(60 * 160).time / 1_000_000n)).toISOString().replaceAll(':', '-'));
    expect(readdirSync(folder)).toContain('notes.txt');
  });
});
