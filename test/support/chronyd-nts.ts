/** chronyd with NTS (RFC 8915): as a server whose keys a test may see, age and lose, and what its clients are told. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeCertificate, type TestCertificate } from './certificate.ts';
import { askChronyd } from './chronyc.ts';
import { type Chronyd, type ChronydOptions, startChronyd } from './chronyd.ts';
import { freeTcpPort } from './free-port.ts';
import { makeTempDir } from './temp-dir.ts';

export type NtsChronyd = Chronyd & {
  readonly ntsPort: number;
  readonly certificate: TestCertificate;
  /** Where it keeps the keys of its cookies at its end, and after each rotation. */
  readonly dumpDir: string;
  /** The ids of its keys, the oldest first; the last but one seals. None before the first rotation. */
  keyIds(): readonly string[];
  /** How many have exchanged keys with it since it began; not of the newer one, which this machine's chronyc cannot ask. */
  exchanges(): Promise<number>;
};

export type NtsChronydOptions = ChronydOptions & {
  readonly ntsPort?: number;
  readonly certificate?: TestCertificate;
  readonly dumpDir?: string;
  /** How old a key gets until the next one takes over; cookies are good for twice to three times as long. A week by default. */
  readonly rotateSeconds?: number;
};

export const startNtsChronyd = async (options: NtsChronydOptions = {}): Promise<NtsChronyd> => {
  const {
    ntsPort = await freeTcpPort(),
    certificate = makeCertificate(),
    dumpDir = makeTempDir(),
    rotateSeconds = 604_800,
    config = [],
    ...others
  } = options;
  const socket = join(makeTempDir(), 'sock');
  const lines = [
    `bindcmdaddress ${socket}`,
    `ntsservercert ${certificate.certificate}`,
    `ntsserverkey ${certificate.key}`,
    `ntsport ${ntsPort}`,
    `ntsdumpdir ${dumpDir}`,
    `ntsrotate ${rotateSeconds}`,
    'ntsprocesses 0', // keys are exchanged by chronyd itself, and it has no child that could outlive it
  ];
  const chronyd = await startChronyd({ ...others, config: [...lines, ...config] });
  const keyIds = (): string[] => {
    const path = join(dumpDir, 'ntskeys');
    const file = existsSync(path) ? readFileSync(path, 'latin1') : '';
    return [...file.matchAll(/^([\dA-F]{8}) /gm)].flatMap(([, id]) => id ?? []);
  };
  const exchanges = async (): Promise<number> => {
    const [, accepted] = /^NTS-KE connections accepted *: (\d+)$/m.exec(await askChronyd(socket, 'serverstats')) ?? [];
    return Number(accepted);
  };
  return { ...chronyd, ntsPort, certificate, dumpDir, keyIds, exchanges };
};

/** What chronyd as a client is told of a server with NTS. */
export const ntsClient = ({
  ntsPort,
  ca,
  aead,
  dumpDir,
}: {
  readonly ntsPort: number;
  /** Whom it trusts, and nobody else. */
  readonly ca: string;
  /** For the newer chronyd: the only AEAD that it offers, RFC 5116 §6. */
  readonly aead?: 15 | 30;
  /** Where it keeps its cookies at its end. */
  readonly dumpDir?: string;
}): { readonly directive: string; readonly config: readonly string[] } => ({
  directive: `nts ntsport ${ntsPort}`,
  config: [
    `ntstrustedcerts ${ca}`,
    'nosystemcert',
    ...(aead === undefined ? [] : [`ntsaeads ${aead}`]),
    ...(dumpDir === undefined ? [] : [`ntsdumpdir ${dumpDir}`]),
  ],
});
