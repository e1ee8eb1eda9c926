/** For people: one line for each change of state, never one for each packet. On stderr, where systemd adds the time. */
export const log = (line: string, level: 'info' | 'warning' = 'info'): void => {
  process.stderr.write(`noonmark-gateway: ${level}: ${line}\n`);
};
