/** `status`, `sources` and `clients` as text for a terminal. */
import { authenticationText, exchangeText, faultText } from './authentication.ts';
import type { Clients } from './clients.ts';
import type { Sources } from './sources.ts';
import type { Status } from './status.ts';

export const statusText = (status: Status): string => {
  const { gateway, epoch, uptimeSeconds, synchronized, clock, leapFile, jumps, nts, publish } = status;
  const { server, keyExchanges, roughtime, pulls } = status;
  return [
    `gateway        ${gateway}, epoch ${epoch}, up ${uptimeSeconds} s`,
    `synchronized   ${synchronized ? 'yes' : 'no'}`,
    ...(clock
      ? [
          `time           ${clock.time} (-${clock.earlierMs} ms, +${clock.laterMs} ms)`,
          `frequency      ${clock.frequencyPpm} ppm, within ${clock.frequencyBoundsPpm.join(' and ')} ppm`,
          `stratum        ${clock.stratum}, root delay ${clock.rootDelayMs} ms`,
          `leap           ${leapText(clock)}`,
          `sources        ${clock.sourcesSelected} selected of ${clock.sourcesTotal}`,
          `error budget   ${budgetText(clock)}`,
        ]
      : []),
    ...(leapFile ? [`leap file      ${leapFileText(leapFile)}`] : []),
    `jumps          ${counters(jumps)}`,
    ...nts.map((source) => `nts            ${source.id}: ${exchangeText(source)}`),
    ...(server
      ? [
          `served         ${server.served} replies, ${server.interleaved} of them interleaved, ${server.authenticated} authenticated; ${server.kissed} told to slow down`,
          `dropped        ${counters(server.dropped)}`,
        ]
      : []),
    ...(keyExchanges ? [`key exchanges  ${counters(keyExchanges)}`] : []),
    ...(roughtime ? [`roughtime      ${counters(roughtime)}`] : []),
    ...(pulls ? [`pulls          ${counters(pulls)}`] : []),
    ...publish.map(
      ({ url, outcome, samples, edgeUncertaintyMs }) =>
        `publish        ${url}: ${outcome}, ${samples} samples${
          edgeUncertaintyMs === undefined ? '' : `, edge known within ${edgeUncertaintyMs.toFixed(3)} ms`
        }`,
    ),
  ].join('\n');
};

/** Parts that are nothing are left out: most of the time no leap second is near. */
const budgetText = ({ budget }: NonNullable<Status['clock']>): string =>
  budget
    .filter(({ ms }) => ms !== 0)
    .map(({ part, basis, ms }) => `${WORDS[part]} ${ms} ms (${basis})`)
    .join(', ');

const WORDS: Record<NonNullable<Status['clock']>['budget'][number]['part'], string> = {
  rootDistance: 'root distance',
  path: 'path',
  oscillator: 'oscillator',
  wander: 'wander',
  agreement: 'agreement',
  leap: 'leap second',
};

const leapText = ({ leap, leapBy, leapAnnounced, taiOffsetSeconds: tai }: NonNullable<Status['clock']>): string => {
  const against = leapBy === 'list' && leapAnnounced !== leap ? `, though most sources announce ${leapAnnounced}` : '';
  return `${leap} by the ${leapBy}${against}, TAI − UTC ${tai === null ? 'unknown' : `${tai} s`}`;
};

const leapFileText = ({ path, fault, expires, expired }: NonNullable<Status['leapFile']>): string => {
  const validity = expires && `${expired ? 'expired on' : 'valid until'} ${expires.slice(0, 10)}`;
  return `${path}: ${[fault, validity].filter(Boolean).join('; ') || 'not read yet'}`;
};

/** As octal digits. */
const NOTHING_HEARD = '000';

export const sourcesText = (sources: Sources): string => {
  const rows = sources.map((source) => {
    if (!('reach' in source)) return [source.id, source.state, '', '', '', '', '', '', source.reason];
    const { id, state, stratum, pollSeconds, reach, offsetMs, uncertaintyMs, authentication } = source;
    const offset = offsetMs === undefined ? '' : `${offsetMs} ms`;
    const bound = uncertaintyMs === undefined ? '' : `±${uncertaintyMs} ms`;
    const fault = authentication.by === 'nts' ? authentication.exchange.fault : null;
    const why = [
      source.reason,
      ...(fault === null ? [] : [`its last key exchange: ${fault}`]),
      ...('fault' in source && source.fault ? [faultOf(source.fault)] : []),
      // What came and did not count: a wrong secret, say, or a certificate that has run out.
      ...(reach === NOTHING_HEARD ? [`so far: ${counters(source.counters)}`] : []),
    ].join('; ');
    const authenticated = authenticationText(authentication);
    return [id, state, `${stratum ?? ''}`, `${pollSeconds} s`, reach, authenticated, offset, bound, why];
  });
  const head = ['source', 'state', 'stratum', 'poll', 'reach', 'authentic by', 'offset', 'bound', 'why'];
  return columns([head, ...rows]);
};

const faultOf = ({ reason, detail }: { readonly reason: string; readonly detail?: string }): string =>
  `its last answer: ${faultText(reason, detail ?? null)}`;

export const clientsText = ({ known, busiest }: Clients): string => {
  const rows = busiest.map((row) => {
    const { client, requests, replies, drops, intervalSeconds, lastAskedSeconds, version, mode, interleaved } = row;
    const interval = intervalSeconds === null ? '' : `${intervalSeconds} s`;
    const counts = [requests, replies, drops].map(String);
    return [client, ...counts, interval, `${lastAskedSeconds} s ago`, `${version}`, modeText(mode, interleaved)];
  });
  const table = columns([['client', 'requests', 'replies', 'drops', 'interval', 'last', 'version', 'mode'], ...rows]);
  return known > busiest.length ? `${table}\nthe ${busiest.length} busiest of ${known} clients` : table;
};

/** Of what is noted there is mode 3, and mode 0 in NTPv1, which had none. */
const modeText = (mode: number, interleaved: boolean): string =>
  `${mode === 3 ? 'client' : mode}${interleaved ? ', interleaved' : ''}`;

const columns = (rows: readonly (readonly string[])[]): string => {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};

const counters = (all: Readonly<Record<string, number>>): string =>
  Object.entries(all)
    .map(([word, times]) => `${word} ${times}`)
    .join(', ') || 'none';
