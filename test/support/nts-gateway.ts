/** A gateway that serves NTS, whose upstream is ahead of this host. */
import type { TomlTable } from 'smol-toml';
import { makeCertificate, type TestCertificate } from './certificate.ts';
import type { Chronyd } from './chronyd.ts';
import { freeTcpPort, freeUdpPort } from './free-port.ts';
import { type GatewayProcess, startGateway, untilWithin } from './gateway.ts';
import { makeTempDir } from './temp-dir.ts';

export type NtsGateway = GatewayProcess & { readonly ntsPort: number; readonly ca: string };

export type NtsGatewayOptions = {
  readonly upstream: Chronyd;
  /** One that ran before. */
  readonly earlier?: NtsGateway;
  /** Where keys are exchanged. Clients look for the NTP server at the same address, but it is at 127.0.0.1. */
  readonly address?: string;
};

export const startNtsGateway = async ({
  upstream,
  earlier,
  address = '127.0.0.1',
}: NtsGatewayOptions): Promise<NtsGateway> => {
  const certificate = makeCertificate({ names: [address, 'localhost'] });
  const { stateDir, ntpPort, ntsPort } = earlier ?? {
    stateDir: makeTempDir(),
    ntpPort: await freeUdpPort(),
    ntsPort: await freeTcpPort(),
  };
  const server = { nts: ntsTable(`${address}:${ntsPort}`, certificate) };
  const gateway = await startGateway({ sources: [{ ...upstream, minPoll: -4 }], server, stateDir, ntpPort });
  await untilWithin(gateway, 2);
  return { ...gateway, ntsPort, ca: certificate.ca };
};

/** `[server.nts]` */
export const ntsTable = (listen: string, { certificate, key }: TestCertificate): TomlTable => ({
  listen: [listen],
  certificate,
  key,
});
