/** What an operator should see to, though time may be good all the while. */
import type { Status } from '../status.ts';
import { boundText, durationText, plural } from './figures.ts';

/** A sample each 16 s, unless told otherwise: this is no hiccup. */
const LONGEST_UNTAKEN_S = 120;
/** Whoever renews it does so before. */
const LAST_DAYS_MS = 7 * 86_400e3;
/** Of `[system_clock]`: what is well, or may become so by itself. */
const WELL: readonly string[] = ['off', 'unsynchronized', 'tracking', 'slewing'];

/** In sentences, the first the gravest. */
export const worriesOf = (status: Status): readonly string[] => [
  ...status.publish.flatMap(edgeWorries),
  ...clockWorries(status),
  ...fileWorries(status),
  ...threadWorries(status),
];

const edgeWorries = ({ url, outcome, takenSecondsAgo, check }: Status['publish'][number]): readonly string[] => [
  ...(check?.outcome === 'violation'
    ? [`${url} tells an interval that contradicts this gateway’s, by ${boundText(check.beyondMs ?? 0)}.`]
    : []),
  ...(outcome === 'ok' || outcome === 'waiting' || (takenSecondsAgo ?? Number.POSITIVE_INFINITY) < LONGEST_UNTAKEN_S
    ? []
    : [
        `${url} has taken nothing ${takenSecondsAgo === undefined ? 'so far' : `for ${durationText(takenSecondsAgo)}`}: ${outcome}.`,
      ]),
];

const clockWorries = ({ systemClock }: Status): readonly string[] =>
  systemClock && !WELL.includes(systemClock.state)
    ? [`The host’s clock is not led: ${systemClock.state}${systemClock.reason ? ` (${systemClock.reason})` : ''}.`]
    : [];

const threadWorries = ({ threads }: Status): readonly string[] => {
  if (!threads || threads.failing === 0) return [];
  const { failing, failures } = threads;
  const counts = Object.entries(failures).map(([program, times]) => `${program} ${times}`);
  const fail = failing === 1 ? 'fails and is' : 'fail and are';
  return [`${plural(failing, 'thread')} ${fail} started again. So far: ${counts.join(', ')}.`];
};

const fileWorries = ({
  clock,
  certificateValidUntil,
  leapFile,
  configuration,
  state,
  fileFaults,
}: Status): readonly string[] => {
  const { fault = null, needsRestart = [] } = configuration ?? {};
  const leftMs = Date.parse(certificateValidUntil ?? '') - Date.parse(clock?.time ?? '');
  return [
    ...[...Object.values(state?.faults ?? {}), ...Object.values(fileFaults ?? {})].map((fault) => `${fault}.`),
    ...(fault === null ? [] : [`The configuration has a fault, and what ran before goes on: ${fault}.`]),
    ...(needsRestart.length === 0 ? [] : [`Counts from the next start on: ${needsRestart.join(', ')}.`]),
    ...(leapFile?.fault ? [`${leapFile.path}: ${leapFile.fault}.`] : []),
    ...(leapFile?.expired ? [`${leapFile.path} has expired.`] : []),
    ...(leftMs < LAST_DAYS_MS
      ? [`The certificate of [server.nts] is valid until ${certificateValidUntil!.slice(0, 10)} alone.`]
      : []),
  ];
};
