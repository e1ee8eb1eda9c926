/** Who sent something, in words, as the tables of protocol/ take it. */
import ipaddr from 'ipaddr.js';
import type { ClientAddress } from '../protocol/screening.ts';

type Sender = { readonly address: string; readonly port: number };

export const describeSender = ({ address, port }: Sender, client: ClientAddress): void => {
  client[5] = port;
  if (address.includes(':')) describeIPv6(address, client);
  else describeIPv4(address, client);
};

const describeIPv6 = (address: string, client: ClientAddress): void => {
  const octets = ipaddr.parse(address.replace(/%.*/, '')).toByteArray();
  const view = new DataView(Uint8Array.from(octets).buffer);
  client[0] = 6;
  for (let i = 0; i < 4; i++) client[i + 1] = view.getInt32(i * 4);
};

const describeIPv4 = (address: string, client: ClientAddress): void => {
  client.fill(0, 2, 5);
  client[0] = 4;
  client[1] = address.split('.').reduce((word, octet) => (word << 8) | Number(octet), 0);
};
