/** `sources` and `clients` as text for a terminal. */
import { authenticationText, faultText } from './authentication.ts';
import type { Clients } from './clients.ts';
import { boundText, countersText, lengthText, secondsText, signedText } from './figures.ts';
import type { Sources } from './sources.ts';

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
    ...(source.reach === NOTHING_HEARD ? [`so far: ${countersText(source.counters)}`] : []),
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
