/** The certificate by which we exchange keys, and its key: files that others renew, while we run. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { NtsServerConfig } from '../config.ts';
import { endFault, noteFault } from './file-faults.ts';
import { readBounded } from './files.ts';
import { log } from './log.ts';
import { readSecret } from './secret-files.ts';
import { attempt, SetupError } from './setup-error.ts';
import { watchFiles } from './watched-files.ts';

/** Both PEM; the certificate with those that lead from it to its authority. */
export type Identity = { readonly certificate: string; readonly key: string };

type Files = Pick<NtsServerConfig, 'certificate' | 'key'>;

const MOST_BYTES = 131_072;

/** @throws SetupError where a file is missing, unreadable or of something else, or the two do not fit. */
export const readIdentity = (files: Files): Identity => {
  const certificate = attempt(`read the certificate ${files.certificate}`, () =>
    readBounded(files.certificate, MOST_BYTES),
  )?.toString('latin1');
  // Who renews it is often root, and a group of its own may read it.
  const key = readSecret('the key', files.key, MOST_BYTES, 'group')?.toString('latin1');
  const parsed = certificate === undefined ? undefined : orUndefined(() => new X509Certificate(certificate));
  if (certificate === undefined || !parsed) throw new SetupError(`${files.certificate} holds no certificate in PEM`);
  const privateKey = key === undefined ? undefined : orUndefined<KeyObject>(() => createPrivateKey(key));
  if (key === undefined || !privateKey)
    throw new SetupError(`${files.key} holds no private key in PEM without a passphrase`);
  if (!parsed.checkPrivateKey(privateKey))
    throw new SetupError(`the key ${files.key} is not that of ${files.certificate}`);
  try {
    createSecureContext({ cert: certificate, key });
  } catch (error) {
    throw new SetupError(`TLS does not take ${files.certificate}: ${(error as Error).message}`); // too short a key, say
  }
  return { certificate, key };
};

/** RFC 3339. @returns undefined for a date that no calendar has. */
export const validUntilOf = ({ certificate }: Identity): string | undefined => {
  const at = Date.parse(new X509Certificate(certificate).validTo);
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
};

const orUndefined = <Value>(parse: () => Value): Value | undefined => {
  try {
    return parse();
  } catch {
    return undefined;
  }
};

export type Renewal = {
  /** The files from now on. Looks at once. */
  readonly follow: (files: Files) => void;
  readonly close: () => void;
};

/**
 * Tells of each new pair. A bad one changes nothing, is said once, and tried again at each look.
 *
 * @param first - the pair that was read before; what stands in the files by now may be another.
 */
export const followIdentity = (
  first: Files,
  read: Identity,
  renewed: (identity: Identity) => void,
  lookMs?: number,
): Renewal => {
  let files = first;
  let current = read;
  const take = (): void => {
    try {
      const found = readIdentity(files);
      const wasBad = endFault(files.certificate);
      const isNew = found.certificate !== current.certificate || found.key !== current.key;
      current = found;
      if (isNew) renewed(found);
      const msg = `exchanging keys by ${isNew ? 'the new certificate' : 'the certificate, which is good again,'} ${files.certificate}`;
      if (isNew || wasBad) log({ event: 'certificate', file: files.certificate, msg });
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
      const msg = `the certificate is not renewed: ${error.message}`;
      if (noteFault(files.certificate, msg)) log({ event: 'certificate', level: 'warn', file: files.certificate, msg });
      again();
    }
  };
  const { look, again, close } = watchFiles(() => [files.certificate, files.key], take, lookMs);
  return {
    follow: (next) => {
      if (next.certificate !== files.certificate) endFault(files.certificate);
      files = next;
      look();
    },
    close: () => {
      endFault(files.certificate);
      close();
    },
  };
};
