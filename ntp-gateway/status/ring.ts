/** Figures over time, the oldest giving way: whatever comes and goes, the memory is bounded. */

/** What is shown together, and comes and goes together: a source, say. */
type Lane = { readonly columns: ReadonlyMap<string, Float64Array>; lastRow: number };
export type Ring = {
  readonly mostLanes: number;
  /** Seconds, rising. */
  readonly at: Float64Array;
  readonly lanes: Map<string, Lane>;
  /** That were ever put in; the last `at.length` of them are there. */
  rows: number;
};

/** By name; one that is not known at this moment is left out. */
export type Figures = Readonly<Record<string, number | undefined>>;
export type Rows = {
  readonly at: readonly number[];
  /** A value for each row, null where there is none. */
  readonly lanes: Lanes;
};
export type Lanes = Readonly<Record<string, Readonly<Record<string, readonly (number | null)[]>>>>;

export const newRing = (length: number, mostLanes: number): Ring => ({
  mostLanes,
  at: new Float64Array(length),
  lanes: new Map(),
  rows: 0,
});

/**
 * @param at - where it is not after the last row, the clock that it is by has gone back, and that row and all before are forgotten.
 * @param lanes - those that do not fit any more are left out.
 */
export const put = (ring: Ring, at: number, lanes: Iterable<readonly [name: string, figures: Figures]>): void => {
  const length = ring.at.length;
  if (ring.rows > 0 && at <= ring.at[(ring.rows - 1) % length]!) {
    ring.rows = 0;
    ring.lanes.clear();
  }
  const row = ring.rows++;
  const place = row % length;
  ring.at[place] = at;
  for (const [name, { columns, lastRow }] of ring.lanes) {
    if (lastRow <= row - length) ring.lanes.delete(name);
    else for (const column of columns.values()) column[place] = Number.NaN;
  }
  for (const [name, figures] of lanes) {
    const lane = ring.lanes.get(name) ?? makeLane(ring, name, Object.keys(figures), row);
    if (!lane) continue;
    lane.lastRow = row;
    for (const [field, column] of lane.columns) column[place] = figures[field] ?? Number.NaN;
  }
};

/** In place of the one that was silent for longest, where there are enough; none where all are of this row. */
const makeLane = (ring: Ring, name: string, fields: readonly string[], row: number): Lane | undefined => {
  if (ring.lanes.size >= ring.mostLanes) {
    const [[oldest, { lastRow }]] = [...ring.lanes].sort(([, a], [, b]) => a.lastRow - b.lastRow) as [[string, Lane]];
    if (lastRow === row) return undefined;
    ring.lanes.delete(oldest);
  }
  const nothing = () => new Float64Array(ring.at.length).fill(Number.NaN);
  const lane = { columns: new Map(fields.map((field) => [field, nothing()])), lastRow: row };
  ring.lanes.set(name, lane);
  return lane;
};

/** The rows after `since`, oldest first. */
export const rowsSince = ({ at, lanes, rows }: Ring, since: number): Rows => {
  const length = at.length;
  let first = rows;
  while (first > Math.max(0, rows - length) && at[(first - 1) % length]! > since) first--;
  const places = Array.from({ length: rows - first }, (_, i) => (first + i) % length);
  const valuesOf = (column: Float64Array) =>
    places.map((place) => (Number.isNaN(column[place]!) ? null : column[place]!));
  return {
    at: places.map((place) => at[place]!),
    lanes: Object.fromEntries(
      [...lanes].map(([name, { columns }]) => [
        name,
        Object.fromEntries([...columns].map(([field, column]) => [field, valuesOf(column)])),
      ]),
    ),
  };
};
