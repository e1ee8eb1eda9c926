/** Drivers of reference clocks: our own small one, and Debian's gpsd with a receiver that a test plays. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { type Child, startChild } from './child.ts';
import { freeTcpPort } from './free-port.ts';
import { findGpsd, gpsdLibraries, required } from './peers.ts';
import { NODE, ROOT } from './root.ts';

type Start = typeof startChild;

/** Four samples a second into `where`: a socket's path, or a unit of shared memory. */
export const startClockDriver = (
  where: string | number,
  secondsAhead: number,
  start: Start = startChild,
): Promise<Child> => {
  const kind = typeof where === 'string' ? 'sock' : 'shm';
  return start(NODE, [join(ROOT, 'test/support/clock-driver.ts'), kind, `${where}`, `${secondsAhead}`]);
};

/** A GPS receiver that speaks NMEA 0183 over TCP, once a second, of a time that is ahead of this host's. */
export const startReceiver = async (secondsAhead: number) => {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    const timer = setInterval(() => socket.write(sentences(new Date(Date.now() + 1_000 * secondsAhead))), 1_000);
    socket.on('close', () => clearInterval(timer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async (): Promise<void> => void server.close();
  return { port: (server.address() as AddressInfo).port, [Symbol.asyncDispose]: stop };
};

const sentences = (time: Date): string => {
  const [date, clock] = time.toISOString().split('T') as [string, string];
  const hms = clock.replaceAll(':', '').slice(0, 10);
  const dmy = date.slice(2).split('-').reverse().join('');
  return [
    `GPRMC,${hms},A,5230.000,N,01324.000,E,0.0,0.0,${dmy},,,A`,
    `GPGGA,${hms},5230.000,N,01324.000,E,1,08,1.0,40.0,M,40.0,M,,`,
    'GPGSA,A,3,01,02,03,04,05,06,07,08,,,,,1.5,1.0,1.1',
  ]
    .map((text) => `$${text}*${checksum(text)}\r\n`)
    .join('');
};
const checksum = (text: string): string =>
  [...text]
    .reduce((sum, char) => sum ^ char.charCodeAt(0), 0)
    .toString(16)
    .toUpperCase()
    .padStart(2, '0');

/** For `describe.skipIf(!hasGpsd)`: npm test reports such suites by name. */
export const hasGpsd = findGpsd() !== undefined;

/** It writes into all units that gpsd has, from 0: keys are the whole host's, so in a memory of its own. */
export const startGpsd = async (receiverPort: number, start: Start): Promise<Child> => {
  const args = ['-N', '-n', '-S', `${await freeTcpPort()}`, `tcp://127.0.0.1:${receiverPort}`];
  return start(required(findGpsd()), args, { env: { LD_LIBRARY_PATH: gpsdLibraries() } });
};
