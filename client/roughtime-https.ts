/** Roughtime over HTTPS, for where no UDP gets through: `POST /roughtime` of an edge takes a request packet as it is. */
import { ok, refuse } from '#contract/result.ts';
import { MAX_PACKET_BYTES } from '#contract/roughtime/packet.ts';
import { readBody } from './read-body.ts';
import type { Transport } from './roughtime.ts';

/**
 * @param edge - its origin.
 * @param patience - makes the signal that ends one exchange: `() => AbortSignal.timeout(2_000)`.
 */
export const overHttps =
  (edge: string | URL, patience: () => AbortSignal): Transport =>
  async (request) => {
    const signal = patience();
    try {
      const ask = { method: 'POST', body: request, cache: 'no-store', credentials: 'omit', signal } as const;
      const response = await fetch(new URL('/roughtime', edge), ask);
      if (!response.ok) return refuse('unreachable', `HTTP ${response.status}`);
      const packet = await readBody(response, MAX_PACKET_BYTES);
      return packet ? ok(packet) : refuse('too-long');
    } catch {
      return refuse(signal.aborted ? 'timeout' : 'unreachable');
    }
  };
