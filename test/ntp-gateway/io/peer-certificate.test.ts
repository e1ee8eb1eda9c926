import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { unixMillis } from '#contract/time.ts';
import { openVerifyChain } from '#native/certificate-chain.ts';
import { authoritiesIn } from '../../../ntp-gateway/io/authorities.ts';
import { exchangeKeysWith } from '../../../ntp-gateway/io/key-exchange.ts';
import { judgeCertificate } from '../../../ntp-gateway/io/peer-certificate.ts';
import { type CertificateOptions, makeCertificate, type TestCertificate } from '../../support/certificate.ts';
import { makeCertificateChain } from '../../support/certificate-chain.ts';
import { GOOD_ANSWER, startKeyServer } from '../../support/key-server.ts';

const at = (iso: string) => unixMillis(Date.parse(iso));
const reading = (iso: string) => ({ time: at(iso), earliest: at(iso), latest: at(iso) });

type Case = {
  readonly certificate?: CertificateOptions;
  /** In place of one that is made so. */
  readonly made?: TestCertificate;
  /** Whom we trust. */
  readonly ca?: string;
  readonly name?: string;
  readonly time?: string;
  /** On a machine that cannot look past the time. */
  readonly isWithoutOpenssl?: boolean;
};

const judge = async ({
  certificate = {},
  made = makeCertificate(certificate),
  ca,
  name = 'localhost',
  time,
  isWithoutOpenssl,
}: Case) => {
  const authorities = authoritiesIn(ca ?? made.ca);
  await using server = await startKeyServer({ certificate: made, answer: (socket) => socket.write(GOOD_ANSWER) });
  const keyServer = { source: 's', name, address: '127.0.0.1', port: 123, nts: { port: server.port } };
  const exchanged = await exchangeKeysWith(keyServer, authorities, (socket) =>
    judgeCertificate(
      socket,
      name,
      authorities.certificates,
      time === undefined ? undefined : reading(time),
      isWithoutOpenssl ? undefined : verifyChain,
    ),
  );
  return exchanged.ok ? exchanged.value : exchanged.reason;
};

const others = makeCertificate({ authority: 'other' }).ca;
const PAST = { from: '2020-01-01T00:00:00Z', to: '2022-01-01T00:00:00Z' };
/** By the time of this code it had yet to end; by the host's clock it has, sooner or later. */
const LATE = { from: '2020-01-01T00:00:00Z', to: '2026-11-25T00:00:01Z' };
const FUTURE = { from: '2090-01-01T00:00:00Z', to: '2091-01-01T00:00:00Z' };
const verifyChain = openVerifyChain();

describe('a certificate', () => {
  it('by our authority, for the name and for now, is believed', async () => {
    expect(await judge({})).toMatchObject({
      validity: { earliest: at('2020-01-01T00:00:00Z'), latest: at('2099-01-01T00:00:00Z') },
      isRelaxed: false,
    });
  });

  it('may be for the address, where the configuration names it by that', async () => {
    expect(await judge({ name: '127.0.0.1' })).toMatchObject({ isRelaxed: false });
    expect(await judge({ name: '127.0.0.1', certificate: { names: ['localhost'] } })).toBe('certificate-name');
  });

  it.each<Case & { what: string; word: string }>([
    { what: 'by another authority', ca: others, word: 'certificate-untrusted' },
    {
      what: 'by another authority, on a machine that cannot look past the time',
      isWithoutOpenssl: true,
      ca: others,
      word: 'certificate-untrusted',
    },
    {
      what: 'by another authority, and expired',
      ca: others,
      certificate: PAST,
      word: 'certificate-untrusted',
    },
    { what: 'for another name', name: 'time.example', word: 'certificate-name' },
    {
      what: 'for another name, at a time that nobody knows',
      name: 'time.example',
      certificate: FUTURE,
      word: 'certificate-name',
    },
    { what: 'that has expired', certificate: PAST, word: 'certificate-time' },
    {
      what: 'that has expired by our clock',
      certificate: LATE,
      time: '2026-11-25T00:00:02Z',
      word: 'certificate-time',
    },
    {
      what: 'that is not valid yet by our clock',
      certificate: FUTURE,
      time: '2026-11-25T12:00:00Z',
      word: 'certificate-time',
    },
    { what: 'that is valid by the host’s clock, not by ours', time: '2100-01-01T00:00:00Z', word: 'certificate-time' },
    {
      what: 'out of date, on a machine that cannot look past that',
      isWithoutOpenssl: true,
      certificate: FUTURE,
      word: 'certificate-time',
    },
    {
      what: 'whose end comes before its beginning',
      certificate: { from: '2091-01-01T00:00:00Z', to: '2090-01-01T00:00:00Z' },
      word: 'certificate-time',
    },
  ])('$what is refused: $word', async ({ word, ...one }) => {
    expect(await judge(one)).toBe(word);
  });

  it('is judged by our clock, whatever the host’s says', async () => {
    expect(await judge({ certificate: FUTURE, time: '2090-06-01T00:00:00Z' })).toMatchObject({
      isRelaxed: false,
    });
  });

  it('that is out of date by the host’s clock is believed while nobody knows the time, unless it ended before this code was written', async () => {
    expect(await judge({ certificate: FUTURE })).toMatchObject({
      validity: { earliest: at(FUTURE.from), latest: at(FUTURE.to) },
      isRelaxed: true,
    });
    expect(await judge({ certificate: PAST })).toBe('certificate-time');
  });

  it('holds as long as all on the way to an authority of ours, and no longer way counts', async () => {
    const chain = makeCertificateChain();
    const end = (name: 'intermediate' | 'cross') =>
      unixMillis(new X509Certificate(readFileSync(chain.path(name))).validToDate.getTime());
    const latest = async (root: 'root' | 'old') => {
      const ca = chain.path(root);
      const judged = await judge({ made: { ...chain, ca }, ca });
      return typeof judged === 'string' ? judged : judged.validity.latest;
    };
    expect(await latest('root')).toBe(end('intermediate'));
    expect(await latest('old')).toBe(end('cross'));
  });
});
