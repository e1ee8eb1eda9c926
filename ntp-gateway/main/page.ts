/** The page for people at [status] listen, and what its pictures remember while nobody looks. */
import { isLoopback } from '../config/addresses.ts';
import type { Endpoint } from '../config.ts';
import type { Core } from '../core/state.ts';
import { log } from '../io/log.ts';
import { pageFiles } from '../io/page-files.ts';
import { json, type Pages } from '../io/pages.ts';
import { endpointText } from '../io/setup-error.ts';
import { EVERY_SECONDS, historyOf, newHistory, note } from '../status/history.ts';
import type { Sources } from '../status/sources.ts';
import type { Status } from '../status/status.ts';

type Opened = { readonly pages: Pages; readonly close: () => void };
type Facts = { readonly core: () => Core; readonly status: () => Status; readonly sources: () => Sources };

export const openPage = (
  { host, port }: Endpoint,
  { core, status, sources }: Facts,
  everyMs = EVERY_SECONDS * 1e3,
): Opened => {
  if (!isLoopback(host)) {
    const address = endpointText(host, port);
    const msg = `${address}: whoever reaches it sees whom this gateway asks and who asks it, without a password`;
    log({ event: 'page-for-all', level: 'warn', address, msg });
  }
  const history = newHistory();
  const timer = setInterval(() => {
    try {
      note(history, core(), status(), sources());
    } catch {
      // What cannot be told is no reason to stop telling the time; who asks for it is told why (io/pages.ts).
    }
  }, everyMs);
  return {
    pages: {
      ...pageFiles(),
      '/history': ({ query }) => {
        const since = query.get('since');
        return json(historyOf(history, core(), since === null ? undefined : Number(since)));
      },
    },
    close: () => clearInterval(timer),
  };
};
