import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exitOf, refusalText, WORDS } from '../../../client/cli/refusals.ts';
import { ROOT } from '../../support/root.ts';

describe('a refusal', () => {
  it('has its exit code in docs/noonmark.md', () => {
    const page = readFileSync(join(ROOT, 'docs/noonmark.md'), 'utf8');
    const [, unreached = '', no = ''] = /`refusal` in\sJSON: (.*?) \(3\);\s(.*?) \(1\)\./s.exec(page) ?? [];
    const wordsIn = (text: string) => [...text.matchAll(/`([\w-]+)`/g)].map(([, word]) => word).sort();
    const withExit = (exit: number) => WORDS.filter((reason) => exitOf({ reason }) === exit).sort();
    expect(wordsIn(unreached)).toEqual(withExit(3));
    expect(wordsIn(no)).toEqual(withExit(1));
  });

  it('says what to look at where the reason is one that we know', () => {
    expect(refusalText({ reason: 'unreachable', detail: 'ECONNREFUSED' })).toBe(
      'unreachable (ECONNREFUSED): nothing listens there, or at the proxy where one is set; is the port right?',
    );
    expect(refusalText({ reason: 'unreachable', detail: 'ETHING' })).toBe(
      'unreachable (ETHING): no answer comes from there',
    );
    expect(refusalText({ reason: 'unreachable', detail: 'constructor' })).toMatch(/: no answer comes from there$/);
    expect(refusalText({ reason: 'timeout' })).toBe('timeout: no whole answer came in time; see --timeout');
  });

  it('holds nothing that could steer a terminal', () => {
    const text = refusalText({ reason: 'redirected', detail: `\x1b[2J\n${'x'.repeat(1_000)}\u202e` });
    expect(text).toMatch(/^redirected \(\?\[2J\?x{195}\): /);
  });
});
