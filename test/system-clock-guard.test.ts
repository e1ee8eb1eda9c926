/**
 * The clock of the machine that tests run on is never moved: what writes to it is opened in one place, where the operator asks
 * for it, and no test asks a gateway that is real.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from './support/root.ts';

const files = globSync('{contract,ntp-gateway,worker,client,native,test,examples}/**/*.{ts,toml,sh,py}', { cwd: ROOT });
const naming = (word: RegExp): string[] =>
  files.filter((path) => word.test(readFileSync(join(ROOT, path), 'utf8'))).filter((path) => path !== ME);
const ME = 'test/system-clock-guard.test.ts';

it('what writes is imported once, and called from main/run.ts alone', () => {
  expect(naming(/openSystemClockWriter/).sort()).toEqual(['native/clock-adjtime.ts', 'ntp-gateway/io/system-clock.ts']);
  const callers = naming(/openSystemClock\b.*io\/system-clock|from '[^']*io\/system-clock\.ts'/s);
  expect(callers.sort()).toEqual(['ntp-gateway/main/run.ts', 'test/ntp-gateway/io/system-clock.test.ts']);
});

it('nothing else knows how to set a clock', () => {
  const setters = naming(/clock_adjtime|adjtimex|clock_settime|settimeofday/);
  expect(setters.filter((path) => !path.startsWith('ntp-gateway/discipline/')).sort()).toEqual([
    'native/clock-adjtime.ts',
    'test/native/clock-adjtime.test.ts', // by its reader, and bytes
    'test/ntp-gateway/io/system-clock.test.ts', // a fake's words
    'test/support/no-clock-run.ts', // a filter that forbids it
    'test/system/operation/systemd.test.ts', // the same of the unit
  ]);
});

it('no test and no example starts a gateway that is to do it', () => {
  const asking = naming(/system_clock\]/).filter((path) => !path.startsWith('ntp-gateway/'));
  expect(asking.sort()).toEqual([
    'test/ntp-gateway/config/build.test.ts', // this and the next of the words alone
    'test/ntp-gateway/config/parse.test.ts',
  ]);
  // What `init` writes is started by tests as it is.
  expect(readFileSync(join(ROOT, 'ntp-gateway/config/template.ts'), 'utf8')).toMatch(/^#\[system_clock\]\n#/m);
  expect(readFileSync(join(ROOT, 'ntp-gateway/config/template.ts'), 'utf8')).not.toMatch(/^\[system_clock/m);
});
