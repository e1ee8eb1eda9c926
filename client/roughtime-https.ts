/** Roughtime over HTTPS, for where no UDP gets through: `POST /roughtime` of an edge takes a request packet as it is. */
import { concatenate } from '#contract/concatenate.ts';
import { ok, type Result, refuse } from '#contract/result.ts';
import { MAX_PACKET_BYTES } from '#contract/roughtime/packet.ts';
import type { Bytes } from '#contract/web-platform.ts';
import type { NoResponse, Transport } from './roughtime.ts';

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
      return response.ok ? await readPacket(response) : refuse('unreachable', `HTTP ${response.status}`);
    } catch {
      return refuse(signal.aborted ? 'timeout' : 'unreachable');
    }
  };

/** Counts what comes, whatever `Content-Length` has promised. */
const readPacket = async ({ body }: Response): Promise<Result<Bytes, NoResponse>> => {
  const reader = body?.getReader();
  let packet = concatenate();
  for (;;) {
    const { value } = (await reader?.read()) ?? {};
    if (!value) return ok(packet);
    packet = concatenate(packet, value);
    if (packet.length > MAX_PACKET_BYTES) {
      await reader?.cancel();
      return refuse('too-long');
    }
  }
};
