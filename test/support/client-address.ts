/** A request's sender as the answering threads have it: family, four words of its address, port. */
import ipaddr from 'ipaddr.js';

export const clientAddress = (text: string, port = 123): Int32Array => {
  const octets = ipaddr.parse(text).toByteArray();
  const view = new DataView(Uint8Array.from(octets).buffer);
  const words = [0, 1, 2, 3].map((i) => (i * 4 < octets.length ? view.getInt32(i * 4) : 0));
  return Int32Array.of(octets.length === 4 ? 4 : 6, ...words, port);
};
