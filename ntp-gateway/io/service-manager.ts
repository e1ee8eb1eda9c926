/** How systemd, or what speaks as it does, is told of us: sd_notify(3), datagrams to a socket that it names. */
import { sendUnixDatagram } from '#native/unix-datagram.ts';
import { log } from './log.ts';

export type ServiceManager = {
  /** Assignments such as `READY=1`. Never throws: time is told also where nobody listens. */
  readonly tell: (...assignments: readonly string[]) => void;
  /** Within so long it wants to hear `WATCHDOG=1` again, or ends us. Absent where it does not. */
  readonly watchdogMs?: number;
};

/** @returns undefined where nobody asked to be told. */
export const openServiceManager = (env: NodeJS.ProcessEnv, pid = process.pid): ServiceManager | undefined => {
  const { NOTIFY_SOCKET: name = '', WATCHDOG_USEC: microseconds, WATCHDOG_PID: watched } = env;
  if (!/^[/@]./.test(name)) return undefined;
  const path = name.replace(/^@/, '\0'); // abstract, unix(7)
  const watchdogMs = Number(microseconds) / 1e3;
  const isWatched = watchdogMs > 0 && (watched === undefined || Number(watched) === pid);
  let hasFailed = false;
  return {
    tell: (...assignments) => {
      try {
        sendUnixDatagram(path, Buffer.from(assignments.join('\n')));
      } catch (error) {
        const msg = `the service manager is not told how it stands here: ${(error as Error).message}`;
        if (!hasFailed) log({ event: 'service-manager', level: 'warn', msg });
        hasFailed = true;
      }
    },
    ...(isWatched && { watchdogMs }),
  };
};
