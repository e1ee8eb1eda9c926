/** What keeps the gateway from starting and the operator can mend. `main` prints it and exits 2. */
import { userInfo } from 'node:os';
import { getSystemErrorMessage } from 'node:util';

/** Its message is one clear line (or one for each fault of a file), without a stack. */
export class SetupError extends Error {
  override readonly name = 'SetupError';
}

/**
 * Does something with the file system or the network.
 *
 * @param what - as it goes on after "cannot", such as "read FILE".
 * @throws SetupError in place of the system's own error.
 */
export const attempt = <T>(what: string, act: () => T): T => {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof Error && 'errno' in error && typeof error.errno === 'number')) throw error;
    const isDenied = 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM');
    const whom = isDenied ? ` for ${userName()}` : '';
    throw new SetupError(`cannot ${what}: ${getSystemErrorMessage(error.errno)}${whom}`, { cause: error });
  }
};

/** Most often it is the wrong one. */
const userName = (): string => {
  try {
    return `the user ${userInfo().username}`;
  } catch {
    return `user ${process.geteuid?.()}`; // in a container it need not have a name
  }
};

export const PORT_IN_USE = 'the port is in use by another program (ss -tulpn names it)';

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: PORT_IN_USE,
  EACCES: 'ports below 1024 need CAP_NET_BIND_SERVICE or root',
  EADDRNOTAVAIL: 'this host has no such address',
};

/** As it is written in the configuration: "127.0.0.1:123", "[::1]:123". */
export const endpointText = (host: string, port: number): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`;

/** @param fault - the system's. */
export const cannotListen = (
  host: string,
  port: number,
  { code = '', message }: Pick<NodeJS.ErrnoException, 'code' | 'message'>,
  what = 'NTP',
): SetupError =>
  new SetupError(`cannot listen on ${endpointText(host, port)} for ${what}: ${REASONS[code] ?? message}`);
