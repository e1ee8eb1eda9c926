import { afterEach, expect, it, vi } from 'vitest';
import { connect } from '../../client/connect.ts';

afterEach(() => void vi.unstubAllGlobals());

it('says at once that nothing can be verified where the browser does not', async () => {
  vi.stubGlobal('crypto', { getRandomValues: () => {} }); // a page that came over plain HTTP
  const gatewayKey = 'k'.repeat(43);
  await expect(connect('http://127.0.0.1:9', { gatewayKey })).rejects.toThrow('secure context');
});
