/** The clients of a load: as many addresses as are asked for, behind one socket. */
import { parseArgs } from 'node:util';
import { openUdpCrowd, type UdpCrowd } from '#native/udp-crowd.ts';
import { type Requests, requestsFor } from './requests.ts';

/** IPv4: 127.1.0.0 and those behind it; IPv6: fd00:77:0:0::1, fd00:77:0:1::1 and so on. */
const NETWORK = Uint8Array.of(0xfd, 0, 0, 0x77, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
const FIRST_V4 = 0x7f_01_00_00;
const [V4_LOOPBACK, V6_LOOPBACK] = [Uint8Array.of(127, 0, 0, 1), Uint8Array.of(...new Array<number>(15).fill(0), 1)];

export const BATCH = 64;

export type Clients = {
  readonly crowd: UdpCrowd;
  readonly requests: Requests;
  /** Writes the next client's requests at `index` of what is to be sent; they ask in turn. @returns by what the last is known. */
  readonly prepare: (index: number) => number;
};

export type ClientsOptions = {
  readonly port: number;
  readonly ipv6: boolean;
  readonly clients: number;
  readonly what: string;
  readonly sealed: number;
  readonly patienceMs: number;
  readonly ancillary?: boolean;
  /** How often each asks in a row, in one go. */
  readonly inOne?: number;
};

export const openClients = ({
  port,
  ipv6,
  clients,
  what,
  sealed,
  patienceMs,
  ancillary,
  inOne = 1,
}: ClientsOptions): Clients => {
  const requests = requestsFor(what, clients, sealed);
  const crowd = openUdpCrowd({
    server: ipv6 ? V6_LOOPBACK : V4_LOOPBACK,
    network: NETWORK,
    port,
    count: BATCH,
    size: requests.size,
    patienceMs,
    inOne,
    ...(ancillary && { ancillary }),
  });
  const first = ipv6 ? 0 : FIRST_V4;
  let [client, serial] = [0, 0];
  return {
    crowd,
    requests,
    prepare: (index) => {
      client = client + 1 < clients ? client + 1 : 0;
      crowd.speakAs(index, first + client);
      let known = 0;
      for (let i = 0; i < inOne; i++) {
        serial = (serial + 1) | 0;
        known = requests.write(crowd.outgoing, (index * inOne + i) * requests.size, client, serial);
      }
      return known;
    },
  };
};

/** Of every load's command line. */
export const clientsFromArgs = () => {
  const { values } = parseArgs({
    options: {
      port: { type: 'string' },
      ipv6: { type: 'boolean', default: false },
      clients: { type: 'string', default: '8192' },
      what: { type: 'string', default: 'basic' },
      sealed: { type: 'string', default: '0' },
      seconds: { type: 'string', default: '2' },
      'in-one': { type: 'string', default: '1' },
      rate: { type: 'string', default: '20000' },
    },
  });
  const { port, clients, sealed, seconds, rate, 'in-one': inOne, ...rest } = values;
  return {
    ...rest,
    port: Number(port),
    clients: Number(clients),
    sealed: Number(sealed),
    seconds: Number(seconds),
    rate: Number(rate),
    inOne: Number(inOne),
  };
};
