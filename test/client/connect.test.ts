import { afterEach, expect, it, vi } from 'vitest';
import { connect } from '../../client/connect.ts';

afterEach(() => void vi.unstubAllGlobals());

it('says at once that nothing can be verified where the browser does not', async () => {
  vi.stubGlobal('crypto', { getRandomValues: () => {} }); // a page that came over plain HTTP
  const gatewayKey = 'k'.repeat(43);
  await expect(connect('http://127.0.0.1:9', { gatewayKey })).rejects.toThrow('secure context');
});

it.each([
  ['rejects', () => Promise.reject(new Error('of its own'))],
  [
    'throws',
    () => {
      throw new Error('of its own');
    },
  ],
])('takes it for nobody there where another way to ask %s', async (_what, get) => {
  await expect(connect('http://127.0.0.1:9', { get })).rejects.toMatchObject({ reason: 'unreachable' });
});
