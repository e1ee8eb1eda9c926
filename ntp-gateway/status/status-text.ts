/** `status` as text for a terminal. */
import { MAX_DISTANCE } from '../discipline/selection.ts';
import { exchangeText, faultText } from './authentication.ts';
import { boundText, countersText, fastText, lengthText, secondsText, signedText } from './figures.ts';
import type { Status } from './status.ts';
import { systemClockText } from './system-clock.ts';

export const statusText = (status: Status): string => {
  const { gateway, epoch, uptimeSeconds, synchronized, sourceStates, clock, leapFile, jumps, nts, publish, state } =
    status;
  const { key, server, keyExchanges, roughtime, pulls, threads, configuration, systemClock, fileFaults } = status;
  return [
    `gateway        ${gateway}, epoch ${epoch}, up ${secondsText(uptimeSeconds)}`,
    ...(key ? [`key            ${key.id}${key.next === undefined ? '' : `, to be followed by ${key.next}`}`] : []),
    `synchronized   ${synchronized ? 'yes' : `no: ${whyNot(status)}`}`,
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
    `jumps          ${countersText(jumps)}`,
    ...[...Object.values(state?.faults ?? {}), ...Object.values(state?.damaged ?? {})].map(
      (fault) => `state          ${fault}`,
    ),
    ...Object.values(fileFaults ?? {}).map((fault) => `file           ${fault}`),
    ...(Object.keys(threads?.failures ?? {}).length > 0
      ? [
          `threads        failed: ${countersText(threads!.failures)}; ${threads!.failing} still do, or did within a minute`,
        ]
      : []),
    ...nts.map((source) => `nts            ${source.id}: ${exchangeText(source)}`),
    ...(server
      ? [
          `served         ${server.served} replies, ${server.interleaved} of them interleaved, ${server.authenticated} authenticated; ${server.kissed} told to slow down`,
          `dropped        ${countersText(server.dropped)}`,
        ]
      : []),
    ...(keyExchanges ? [`key exchanges  ${countersText(keyExchanges)}`] : []),
    ...(roughtime ? [`roughtime      ${countersText(roughtime)}`] : []),
    ...(pulls ? [`pulls          ${countersText(pulls)}`] : []),
    ...publish.flatMap((edge) => [
      `publish        ${edge.url}: ${publishText(edge)}`,
      ...(edge.check ? [`check          ${edge.url}: ${checkText(edge.check)}`] : []),
    ]),
  ].join('\n');
};

const whyNot = ({ clock, sourceStates }: Status): string => {
  if (clock?.sourcesSelected === 0) return "no source tells the time, and this is the host's own clock";
  if (clock && clock.uncertaintyMs > MAX_DISTANCE / 1e6) return 'its bound is wider than 1.5 s';
  if (clock) return 'whom it follows tells its own clock, as nobody tells it the time';
  if (sourceStates['no-majority']) return 'no majority of the sources agrees';
  return sourceStates.waiting ? 'its sources have not all answered yet' : 'no source tells the time';
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
