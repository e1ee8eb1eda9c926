import { beforeAll, describe, expect, it } from 'vitest';
import { openDelegation } from '#contract/delegation.ts';
import { openEdgeCertificates } from '#contract/edge-certificates.ts';
import { type GatewayKeys, importGatewayKey } from '#contract/gateway-keys.ts';
import { ok } from '#contract/result.ts';
import { certify, openCertificate } from '#contract/roughtime/certificate.ts';
import { VERSION_1 } from '#contract/roughtime/versions.ts';
import { openSample } from '#contract/signed-sample.ts';
import { base64url, fromBase64url, sha256 } from '#contract/web-platform.ts';
import { type GatewayKey, loadOrCreateKey, loadOrCreateRoughtimeKey } from '../../../ntp-gateway/io/keys.ts';
import { ownRoughtimeServer, signWith } from '../../../ntp-gateway/io/signing.ts';
import { exampleDelegation, exampleSample, RFC8037 } from '../../contract/example.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

describe('what the gateway signs', () => {
  let key: GatewayKey;
  let keys: GatewayKeys;
  beforeAll(async () => {
    key = await loadOrCreateKey(makeTempDir());
    keys = new Map([await importGatewayKey('gw-1', key.x)]);
  });

  it('is the sample alone where nothing is to be delegated', async () => {
    const { jws, sha256: hash } = await signWith(
      () => key,
      () => undefined,
    )(exampleSample, []);
    expect(await openSample(jws, keys)).toEqual(ok(exampleSample));
    expect(hash).toBe(await sha256(jws));
  });

  it('is each delegation in both of its forms, by the long-term key for its origin', async () => {
    const other = { ...exampleDelegation, edgeKey: RFC8037.jwk.x, aud: 'https://other.example' };
    const { jws } = await signWith(
      () => key,
      () => undefined,
    )(exampleSample, [exampleDelegation, other]);
    const opened = await openSample(jws, keys);
    if (!opened.ok) throw new Error(opened.reason);
    const { delegations = [], roughtime = [] } = opened.value;
    for (const [i, delegation] of [exampleDelegation, other].entries()) {
      expect(await openDelegation(delegations[i]!, keys)).toEqual(ok(delegation));
      expect(await openEdgeCertificates(roughtime[i]!, delegation)).toMatchObject({ ok: true });
      expect(roughtime[i]?.longTermKey).toBe(base64url(key.roughtimeFor(delegation.aud).publicKey));
    }
    expect(roughtime[0]?.longTermKey).not.toBe(roughtime[1]?.longTermKey);
    expect([delegations.length, roughtime.length]).toEqual([2, 2]);
  });

  it('is by a long-term key that signs for that origin alone: not the signing key, nor that of the own server', async () => {
    const stateDir = makeTempDir();
    const signing = await loadOrCreateKey(stateDir);
    const origins = ['https://a.example', 'https://a.example:8443', 'http://a.example', 'https://a.exampl', ''];
    const servers = [
      ...origins.map((origin) => signing.roughtimeFor(origin)),
      await loadOrCreateRoughtimeKey(stateDir),
    ];
    const publicKeys = [...servers.map(({ publicKey }) => publicKey), fromBase64url(signing.x)!];
    expect(new Set(publicKeys.map(base64url)).size).toBe(publicKeys.length);
    const dele = { publicKey: publicKeys[0]!, from: 0n, until: 86_400n };
    for (const { publicKey, privateKey } of servers) {
      const certificate = await certify(dele, VERSION_1, privateKey);
      for (const other of publicKeys)
        expect((await openCertificate(certificate, VERSION_1, other)).ok).toBe(other === publicKey);
    }
  });

  it('tells of the gateway’s own Roughtime server where others can reach it', async () => {
    const stateDir = makeTempDir();
    const { publicKey } = await loadOrCreateRoughtimeKey(stateDir);
    const told = async (publicAddresses?: readonly string[]) => {
      const roughtime = publicAddresses && { listen: [], publicAddresses };
      const server = { listen: [], threads: 1, allow: [], deny: [], smear: false, ...(roughtime && { roughtime }) };
      const own = await ownRoughtimeServer({ server }, () => loadOrCreateRoughtimeKey(stateDir));
      const signed = await signWith(
        () => key,
        () => own,
      )(exampleSample, [exampleDelegation]);
      const opened = await openSample(signed.jws, keys);
      return opened.ok && opened.value.roughtime?.map((one) => one.server);
    };
    const addresses = ['time.example.org:5319', '[2001:db8::1]:5319'];
    expect(await told(addresses)).toEqual([{ longTermKey: base64url(publicKey), addresses }]);
    expect(await told([])).toEqual([undefined]);
    expect(await told()).toEqual([undefined]);
  });
});
