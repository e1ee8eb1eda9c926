import { describe, expect, it } from 'vitest';
import { tally } from './report.ts';

const file = (name: string, status: string, ...tests: string[]) => ({
  name: `/root/test/${name}`,
  status,
  assertionResults: tests.map((test, n) => ({ status: test, fullName: `${name} ${n}` })),
});
const report = (...testResults: object[]) => JSON.stringify({ testResults });

describe('the tally of a vitest run', () => {
  it.each([
    { name: 'all passed', json: report(file('a', 'passed', 'passed', 'passed')), isGood: true, passed: 2, failed: 0 },
    { name: 'one failed', json: report(file('a', 'failed', 'passed', 'failed')), isGood: false, passed: 1, failed: 1 },
    { name: 'a file that does not load', json: report(file('a', 'failed')), isGood: false, passed: 0, failed: 1 },
    {
      name: 'a failed test and a file that does not load',
      json: report(file('a', 'failed', 'failed'), file('b', 'failed')),
      isGood: false,
      passed: 0,
      failed: 2,
    },
    {
      name: 'an error outside of all tests',
      json: report(file('a', 'passed', 'passed')),
      isGood: false,
      passed: 1,
      failed: 1,
    },
    { name: 'no report at all', json: undefined, isGood: false, passed: 0, failed: 1 },
    { name: 'no report at all, though it says that it is good', json: undefined, isGood: true, passed: 0, failed: 1 },
    { name: 'no tests at all', json: report(), isGood: true, passed: 0, failed: 1 },
  ])('$name', ({ json, isGood, passed, failed }) => {
    expect(tally(json, isGood, '/root')).toEqual({ passed, failed, skipped: [] });
  });

  it('names what was skipped', () => {
    const json = report(file('a', 'passed', 'passed', 'skipped', 'pending', 'todo'));
    const skipped = ['test/a: a 1', 'test/a: a 2', 'test/a: a 3'];
    expect(tally(json, true, '/root')).toEqual({ passed: 1, failed: 0, skipped });
  });
});
