/** Public keys for gateways of which nothing is verified: each of its own, as the settings want it. */
import { base64url } from '#contract/web-platform.ts';

export const distinctKeys = (gateways: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(gateways.map((gateway, index) => [gateway, base64url(new Uint8Array(32).fill(index))]));
