/** Who sent something, in words, as the tables of protocol/ take it. */
import ipaddr from 'ipaddr.js';
import type { ClientAddress } from '../protocol/responder.ts';

export const describeSender = (
  { address, port }: { readonly address: string; readonly port: number },
  client: ClientAddress,
): void => {
  const octets = ipaddr.parse(address.replace(/%.*/, '')).toByteArray();
  const view = new DataView(Uint8Array.from(octets).buffer);
  client[0] = octets.length === 4 ? 4 : 6;
  for (let i = 0; i < 4; i++) client[i + 1] = i * 4 < octets.length ? view.getInt32(i * 4) : 0;
  client[5] = port;
};
