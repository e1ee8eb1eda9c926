/** What may stand on the command line, read. Each throws what commander prints, and ends with exit code 2. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import { parseDuration } from '#contract/units.ts';
import { attempt } from '../attempt.ts';
import { type Moment, parseMoment } from './at/moment.ts';
import { certificatesIn } from './certificate.ts';

/** @throws unless it is an http or https URL. */
export const parseUrl = (text: string): URL => {
  const url = URL.parse(text);
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return url;
  throw new InvalidArgumentError('an edge is named by its URL, such as https://time.example.org.');
};

/** @param earlier - arguments of the same kind. */
export const parseUrls = (text: string, earlier: readonly URL[] = []): readonly URL[] => [...earlier, parseUrl(text)];

/** @returns ms, more than 0. */
export const parseLength = (text: string): number => {
  const length = parseDuration(text);
  if (length !== undefined && length > 0) return length / 1e6;
  throw new InvalidArgumentError('a length of time has a unit, as 100ms, 1.5s or 2m; it is above 0.');
};

const LONGEST_TIMEOUT_MS = 3_600_000;

/** @returns whole ms: Node's timers know no others, and none of 25 days. */
export const parseTimeout = (text: string): number => {
  const timeout = Math.ceil(parseLength(text));
  if (timeout <= LONGEST_TIMEOUT_MS) return timeout;
  throw new InvalidArgumentError('an hour is the most.');
};

/** RFC 7638: a SHA-256 in base64url. It becomes part of a file's name. */
export const parseKeyId = (text: string): string => {
  if (/^[\w-]{43}$/.test(text)) return text;
  throw new InvalidArgumentError('a key’s id has 43 characters, as `noonmark-gateway keys` prints it.');
};

/** @returns what is in the file, PEM. Node itself passes over what it cannot read there, and then trusts nobody. */
export const readAuthorities = (path: string): string => {
  let pem: string;
  try {
    pem = readFileSync(path, 'latin1');
  } catch (error) {
    throw new InvalidArgumentError(`it cannot be read: ${(error as NodeJS.ErrnoException).code}.`);
  }
  const certificates = certificatesIn(pem);
  if (certificates.length === 0) throw new InvalidArgumentError('it holds no certificate in PEM.');
  for (const [place, certificate] of certificates.entries())
    if (!attempt(() => new X509Certificate(certificate)))
      throw new InvalidArgumentError(`certificate ${place + 1} of ${certificates.length} in it is damaged.`);
  return pem;
};

export const parseAt = (text: string): Moment => {
  const moment = parseMoment(text);
  if (moment) return moment;
  throw new InvalidArgumentError('a moment is 2026-11-30T12:00:00Z, @1795336205.5 or +5s.');
};

/** Of `sun_path`, with the zero at its end; man 7 unix. */
const SUN_PATH_BYTES = 108;

export const parseSocket = (path: string): string => {
  const size = Buffer.byteLength(path);
  if (size > 0 && size < SUN_PATH_BYTES) return path;
  throw new InvalidArgumentError(`a socket’s path has 1 to ${SUN_PATH_BYTES - 1} bytes.`);
};
