/** The files that a configuration names and that can be missing or bad. */
import type { Config } from '../config.ts';
import type { SymmetricKey } from '../protocol/server-keys.ts';
import { authoritiesIn } from './authorities.ts';
import { readIdentity } from './certificate.ts';
import { SetupError } from './setup-error.ts';
import { readSymmetricKeys } from './symmetric-keys.ts';

/**
 * Certificates are read again later, when somebody renews them; now somebody reads what is wrong with them.
 *
 * @throws SetupError that names every fault.
 */
export const readNamedFiles = ({ sources, server, keys = [] }: Config): { symmetric: readonly SymmetricKey[] } => {
  const faults: string[] = [];
  const reading = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
      faults.push(error.message);
      return undefined;
    }
  };
  const authorities = new Set(sources.flatMap(({ nts }) => nts?.ca ?? []));
  for (const file of authorities) reading(() => authoritiesIn(file));
  const { nts } = server;
  if (nts) reading(() => readIdentity(nts));
  const symmetric = keys.flatMap((key) => reading(() => readSymmetricKeys([key])) ?? []);
  if (faults.length > 0) throw new SetupError(faults.join('\n'));
  return { symmetric };
};
