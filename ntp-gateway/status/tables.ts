/** `status`, `sources` and `clients` as text for a terminal. */
import { authenticationText, exchangeText, faultText } from './authentication.ts';
import type { Clients } from './clients.ts';
import { boundText, fastText, lengthText, secondsText, signedText } from './figures.ts';
import type { Sources } from './sources.ts';
import type { Status } from './status.ts';
import { systemClockText } from './system-clock.ts';

export const statusText = (status: Status): string => {
  const { gateway, epoch, uptimeSeconds, synchronized, sourceStates, clock, leapFile, jumps, nts, publish, state } =
    status;
  const { key, server, keyExchanges, roughtime, pulls, threads, configuration, systemClock, fileFaults } = status;
  return [
    `gateway        ${gateway}, epoch ${epoch}, up ${secondsText(uptimeSeconds)}`,
    ...(key ? [`key            ${key.id}${key.next === undefined ? '' : `, to be followed by ${key.next}`}`] : []),
    `synchronized   ${synchronized ? 'yes' : 'no'}`,
    `sources        ${sourceCounts(sourceStates)}`,
    ...(clock
      ? [
          `time           ${clock.time} (-${boundText(clock.earlierMs)}, +${boundText(clock.laterMs)}), best guess ± ${lengthText(clock.standardDeviationMs)} (1 σ)`,
          ...(clock.hostOffsetMs === undefined ? [] : [`host clock     ${fastText(clock.hostOffsetMs)}`]),
          `frequency      ${clock.frequencyPpm} ppm, within ${clock.frequencyBoundsPpm.join(' and ')} ppm`,
          `stratum        ${clock.stratum}, reference id ${clock.referenceId}, root delay ${lengthText(clock.rootDelayMs)}`,
          `leap           ${leapText(clock)}`,
          `error budget   ${budgetText(clock)}`,
        ]
      : []),
    ...(configuration ? [`configuration  ${configurationText(configuration)}`] : []),
    ...(systemClock ? [`system clock   ${systemClockText(systemClock)}`] : []),
    ...(leapFile ? [`leap file      ${leapFileText(leapFile)}`] : []),
    `jumps          ${counters(jumps)}`,
    ...[...Object.values(state?.faults ?? {}), ...Object.values(state?.damaged ?? {})].map(
      (fault) => `state          ${fault}`,
    ),
    ...Object.values(fileFaults ?? {}).map((fault) => `file           ${fault}`),
    ...(Object.keys(threads?.failures ?? {}).length > 0
      ? [`threads        failed: ${counters(threads!.failures)}; ${threads!.failing} still do, or did within a minute`]
      : []),
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
    ...publish.flatMap((edge) => [
      `publish        ${edge.url}: ${publishText(edge)}`,
      ...(edge.check ? [`check          ${edge.url}: ${checkText(edge.check)}`] : []),
    ]),
  ].join('\n');
};

/** Those that are selected first. */
const sourceCounts = ({ selected = 0, ...others }: Status['sourceStates']): string =>
  [`${selected} selected`, ...Object.entries(others).map(([word, count]) => `${count} ${word}`)].join(', ');

const publishText = (edge: Status['publish'][number]): string => {
  const { outcome, samples, failuresInARow, takenSecondsAgo, edgeUncertaintyMs } = edge;
  const taken = takenSecondsAgo === undefined ? 'none taken so far' : `last taken ${secondsText(takenSecondsAgo)} ago`;
  return [
    outcome,
    `${samples} ${samples === 1 ? 'sample' : 'samples'}`,
    ...(failuresInARow === 0 ? [] : [taken]),
    ...(edgeUncertaintyMs === undefined ? [] : [`edge known within ${boundText(edgeUncertaintyMs)}`]),
  ].join(', ');
};

const checkText = (check: NonNullable<Status['publish'][number]['check']>): string => {
  const { outcome, detail = null, secondsAgo, offsetMs, beyondMs = 0, checks, violations } = check;
  const isJudged = outcome === 'agreed' || outcome === 'violation'; // else it is what an earlier answer said
  const off = offsetMs === undefined || !isJudged ? '' : `, ${signedText(offsetMs)} from us`;
  const beyond = beyondMs === 0 || !isJudged ? '' : `, ${lengthText(Math.abs(beyondMs))} more than both can be`;
  const last = secondsAgo === null ? outcome : `${faultText(outcome, detail)} ${secondsAgo} s ago`;
  return `${last}${off}${beyond}; ${violations} of ${checks} contradicted`;
};

/** Parts that are nothing are left out: most of the time no leap second is near. */
const budgetText = ({ budget }: NonNullable<Status['clock']>): string =>
  budget
    .filter(({ ms }) => ms !== 0)
    .map(({ part, basis, ms }) => `${WORDS[part]} ${lengthText(ms)} (${basis})`)
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

const configurationText = ({ loadedSecondsAgo, fault, needsRestart }: NonNullable<Status['configuration']>): string =>
  [
    `loaded ${secondsText(loadedSecondsAgo)} ago`,
    ...(fault === null ? [] : [`the file is not taken: ${fault.replaceAll('\n', '; ')}`]),
    ...(needsRestart.length === 0 ? [] : [`needs a restart: ${needsRestart.join(', ')}`]),
  ].join('; ');

const leapFileText = ({ path, fault, expires, expired }: NonNullable<Status['leapFile']>): string => {
  const validity = expires && `${expired ? 'expired on' : 'valid until'} ${expires.slice(0, 10)}`;
  return `${path}: ${[fault, validity].filter(Boolean).join('; ') || 'not read yet'}`;
};

/** As octal digits. */
const NOTHING_HEARD = '000';

const FIGURES = ['stratum', 'poll', 'reach', 'last', 'offset', 'bound'];

/** A line for each; two, where one is wider than so many `columns`. */
export const sourcesText = (sources: Sources, columns = Number.POSITIVE_INFINITY): string => {
  const rows = sources.map((source) => [source.id, source.state, ...figuresOf(source), whyOf(source)]);
  const head = ['source', 'state', ...FIGURES, 'authentic by', 'why'];
  const wide = table([head, ...rows], FIGURES);
  if (wide.every(({ length }) => length <= columns)) return wide.join('\n');

  const names = ['source  state: why', ...sources.map((one) => `${one.id}  ${one.state}: ${whyOf(one)}`)];
  const figures = table([[...FIGURES, 'authentic by'], ...sources.map(figuresOf)], FIGURES);
  return names.flatMap((name, i) => [name, ...(figures[i]!.trim() && [`  ${figures[i]}`])]).join('\n');
};

const figuresOf = (source: Sources[number]): readonly string[] => {
  if (!('reach' in source)) return [...FIGURES, ''].map(() => '');
  const { stratum, pollSeconds, reach, lastMeasuredSeconds, offsetMs, uncertaintyMs, authentication } = source;
  return [
    `${stratum ?? ''}`,
    secondsText(pollSeconds),
    reach,
    lastMeasuredSeconds === undefined ? '' : secondsText(lastMeasuredSeconds),
    offsetMs === undefined ? '' : signedText(offsetMs),
    uncertaintyMs === undefined ? '' : `± ${boundText(uncertaintyMs)}`,
    authenticationText(authentication),
  ];
};

/** Why a source is or is not selected, and what was wrong with it last. */
export const whyOf = (source: Sources[number]): string => {
  if (!('reach' in source)) return source.reason;
  const fault = source.authentication.by === 'nts' ? source.authentication.exchange.fault : null;
  return [
    source.reason,
    ...(fault === null ? [] : [`its last key exchange: ${fault}`]),
    ...('fault' in source && source.fault ? [faultOf(source.fault)] : []),
    // What came and did not count: a wrong secret, say, or a certificate that has run out.
    ...(source.reach === NOTHING_HEARD ? [`so far: ${counters(source.counters)}`] : []),
  ].join('; ');
};

const faultOf = ({ reason, detail }: { readonly reason: string; readonly detail?: string }): string =>
  `its last answer: ${faultText(reason, detail ?? null)}`;

export const clientsText = ({ known, busiest }: Clients): string => {
  const rows = busiest.map((row) => {
    const { client, requests, replies, drops, intervalSeconds, lastAskedSeconds, version, mode, interleaved } = row;
    const interval = intervalSeconds === null ? '' : lengthText(intervalSeconds * 1e3);
    const counts = [requests, replies, drops].map(String);
    return [client, ...counts, interval, secondsText(lastAskedSeconds), `${version}`, modeText(mode, interleaved)];
  });
  const head = ['client', 'requests', 'replies', 'drops', 'interval', 'last', 'version', 'mode'];
  const figures = ['requests', 'replies', 'drops', 'interval', 'last', 'version'];
  const beyond = known > busiest.length ? [`the ${busiest.length} busiest of ${known} clients`] : [];
  return [...table([head, ...rows], figures), ...beyond].join('\n');
};

/** Of what is noted there is mode 3, and mode 0 in NTPv1, which had none. */
const modeText = (mode: number, interleaved: boolean): string =>
  `${mode === 3 ? 'client' : mode}${interleaved ? ', interleaved' : ''}`;

/** @param toTheRight - headings of the columns whose ends stand below each other, as figures do. */
const table = (rows: readonly (readonly string[])[], toTheRight: readonly string[]): readonly string[] => {
  const [head = []] = rows;
  const widths = head.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  const aligned = (cell: string, i: number): string =>
    toTheRight.includes(head[i]!) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!);
  return rows.map((row) => row.map(aligned).join('  ').trimEnd());
};

const counters = (all: Readonly<Record<string, number>>): string =>
  Object.entries(all)
    .map(([word, times]) => `${word} ${times}`)
    .join(', ') || 'none';
