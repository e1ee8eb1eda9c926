import { expect, it } from 'vitest';
import { runChild } from '../../support/child.ts';
import { NODE } from '../../support/root.ts';

it('says one line on stderr, with its level', async () => {
  const program = `import { log } from './ntp-gateway/io/log.ts'; log('synchronized'); log('odd', 'warning');`;
  const { code, stdout, stderr } = await runChild(NODE, ['--input-type=module', '-e', program]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  expect(stderr).toBe('noonmark-gateway: info: synchronized\nnoonmark-gateway: warning: odd\n');
});
