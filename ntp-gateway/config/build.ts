/** Checked entries → `Config`: names as the code has them, and what is absent left out. */
import type * as v from 'valibot';
import { utf8 } from '#contract/web-platform.ts';
import type {
  Config,
  HttpsSourceConfig,
  LogConfig,
  ReferenceClockConfig,
  ServerConfig,
  SourceConfig,
  StatusConfig,
} from '../config.ts';
import { edgeReferenceId } from './edge-reference-id.ts';
import { type HttpsSourceEntry, isHttpsSource } from './https-source-schema.ts';
import type { LogEntry } from './log-schema.ts';
import type { schema } from './schema.ts';
import type { ServerEntry } from './server-schema.ts';
import { isReferenceClock, isUpstream, type ReferenceClockEntry, type UpstreamEntry } from './source-schema.ts';

/** Of a pool that names no other number. */
const MAX_SOURCES = 4;

/** RFC 8915 §6. */
const NTS_PORT = 4_460;

export const configOf = ({
  gateway,
  source,
  keys,
  server,
  local,
  leap,
  publish,
  system_clock: { discipline },
  status,
  log,
}: v.InferOutput<typeof schema>): Config => ({
  id: gateway.id,
  stateDir: gateway.state_dir,
  maxDrift: gateway.max_drift,
  minSources: gateway.min_sources,
  ...(gateway.require_nts && { requireNts: true }),
  ...(Object.keys(keys).length > 0 && {
    keys: Object.entries(keys).map(([id, { algorithm, secret_file }]) => ({
      id: Number(id),
      algorithm,
      secretFile: secret_file,
    })),
  }),
  sources: source.filter(isUpstream).map(sourceOf),
  ...(source.some(isHttpsSource) && { httpsSources: source.filter(isHttpsSource).map(httpsSourceOf) }),
  ...(source.some(isReferenceClock) && { referenceClocks: source.filter(isReferenceClock).map(referenceClockOf) }),
  server: serverOf(server),
  ...(leap && { leapFile: leap.file }),
  publish: publish.map(({ url, interval, pull_url }) => ({
    origin: url,
    interval,
    ...(pull_url !== undefined && { pullUrl: pull_url }),
  })),
  ...(local && { local: { stratum: local.stratum, uncertainty: local.uncertainty, orphan: local.orphan } }),
  ...(discipline !== 'off' && { systemClock: discipline }),
  ...(status && { status: statusAt(status) }),
  ...(log && { log: logOf(log) }),
});

const logOf = ({ format, measurements, tracking, max_size: maxSize, keep }: LogEntry): LogConfig => ({
  format,
  ...(measurements !== undefined && { measurements }),
  ...(tracking !== undefined && { tracking }),
  maxSize,
  keep,
});

const statusAt = ({ listen, names }: NonNullable<v.InferOutput<typeof schema>['status']>): StatusConfig => ({
  ...listen,
  ...(names.length > 0 && { names }),
});

const serverOf = ({ rate_limit: rateLimit, smear, nts, roughtime, pull, ...server }: ServerEntry): ServerConfig => ({
  ...server,
  ...(rateLimit && { rateLimit }),
  ...(nts && { nts }),
  ...(roughtime && { roughtime: { listen: roughtime.listen, publicAddresses: roughtime.public } }),
  ...(pull && { pull }),
  smear: smear !== 'off',
});

const sourceOf = (entry: UpstreamEntry): SourceConfig => {
  const { address, pool, max_sources = MAX_SOURCES, port, min_poll, max_poll, ...options } = entry;
  const host = pool ?? address!; // the schema has seen that one of them is there
  const { burst, interleaved, prefer, trust, noselect, max_asymmetry, smears, nts, nts_port, nts_ca, key } = options;
  const poll = { minPoll: min_poll, maxPoll: max_poll, burst, interleaved };
  const rest = {
    ...poll,
    prefer,
    trust,
    noselect,
    smears,
    ...(max_asymmetry !== undefined && { maxAsymmetry: max_asymmetry }),
    ...(nts && { nts: { port: nts_port ?? NTS_PORT, ...(nts_ca !== undefined && { ca: nts_ca }) } }),
    ...(key !== undefined && { key }),
  };
  return pool === undefined
    ? { name: host, kind: 'address', host, port, maxSources: 1, ...rest }
    : { name: host, kind: 'pool', host, port, maxSources: max_sources, ...rest };
};

const httpsSourceOf = ({ https, gateway_key, ...entry }: HttpsSourceEntry): HttpsSourceConfig => {
  const { min_poll: minPoll, max_poll: maxPoll, ...options } = entry;
  const gatewayKey = gateway_key!; // the schema has seen that it is there
  return { name: https, gatewayKey, referenceId: edgeReferenceId(https), minPoll, maxPoll, ...options };
};

const referenceClockOf = (entry: ReferenceClockEntry): ReferenceClockConfig => {
  const { sock, shm, reference_id, uncertainty, offset, prefer, trust, noselect } = entry;
  const referenceId = asciiReferenceId(reference_id ?? (sock === undefined ? 'SHM' : 'SOCK'));
  const common = { referenceId, uncertainty, offset, prefer, trust, noselect };
  return sock === undefined
    ? { name: `shm ${shm}`, driver: 'shm', unit: shm!, ...common } // as above
    : { name: sock, driver: 'sock', path: sock, ...common };
};

/** RFC 5905 §7.3: left-justified, with zeros behind. */
const asciiReferenceId = (text: string): number => {
  const octets = new Uint8Array(4);
  octets.set(utf8(text));
  return new DataView(octets.buffer).getUint32(0);
};
