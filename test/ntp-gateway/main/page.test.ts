import { expect, it } from 'vitest';
import { openPage } from '../../../ntp-gateway/main/page.ts';
import { waitFor } from '../../support/wait-for.ts';

it('goes on where what it shows cannot be made', async () => {
  let asked = 0;
  const fail = (): never => {
    asked++;
    throw new RangeError('Invalid time value');
  };
  const { pages, close } = openPage({ host: '127.0.0.1', port: 9123 }, { core: fail, status: fail, sources: fail }, 1);
  await waitFor('a third look', () => asked > 2);
  expect(Object.keys(pages)).toContain('/history');
  close();
});
