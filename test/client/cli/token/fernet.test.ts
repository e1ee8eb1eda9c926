import { describe, expect, it } from 'vitest';
import { readFernet } from '../../../../client/cli/token/fernet.ts';
import { runChild } from '../../../support/child.ts';
import { hasCryptography } from '../../../support/roughtime-elsewhere.ts';
import { MADE, REFUSED } from './fernet-vectors.ts';

describe('a Fernet token', () => {
  it.each(MADE)('$name: when it was made', ({ token, madeAt }) => {
    expect(readFernet(token)).toEqual({ ok: true, value: { issuedAt: Date.parse(madeAt), expires: 'hidden' } });
  });

  it.each(REFUSED)('$name: refused', ({ token, detail }) => {
    expect(readFernet(token)).toEqual({ ok: false, reason: 'malformed', detail });
  });

  it.skipIf(!hasCryptography)('of python3-cryptography, as Keystone makes them: when it was made', async () => {
    const program = `
from cryptography.fernet import Fernet
fernet = Fernet(Fernet.generate_key())
for seconds in (0, 1, 1790000000, 4102444800):
    for length in (0, 1, 15, 16, 200):
        print(seconds, fernet.encrypt_at_time(bytes(length), seconds).rstrip(b"=").decode())`;
    const { stdout, stderr } = await runChild('python3', ['-c', program]);
    const made = stdout.trimEnd().split('\n');
    expect(made, stderr).toHaveLength(20);
    for (const line of made) {
      const [seconds, token = ''] = line.split(' ');
      expect(readFernet(token)).toEqual({ ok: true, value: { issuedAt: Number(seconds) * 1e3, expires: 'hidden' } });
    }
  });
});
