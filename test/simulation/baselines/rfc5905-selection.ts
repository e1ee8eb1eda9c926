/** RFC 5905 §11.2: who tells the truth, and who of them is worth listening to. */
type Candidate = { readonly offset: number; readonly jitter: number };

/** Survivors that clustering leaves. */
const NMIN = 3;

/** §11.2.1: the peers in the interval that all but a minority share, no more midpoints lying outside it than that. */
export const agreeing = <Peer extends Candidate>(
  peers: readonly Peer[],
  distance: (peer: Peer) => number,
): readonly Peer[] => {
  const edges = peers
    .flatMap((peer) => [-1, 0, 1].map((type) => ({ type, at: peer.offset + type * distance(peer) })))
    .sort((a, b) => a.at - b.at || a.type - b.type);
  for (let allowed = 0; 2 * allowed < peers.length; allowed++) {
    const needed = peers.length - allowed;
    const low = firstHeldBy(edges, needed, -1);
    const high = firstHeldBy(edges.toReversed(), needed, 1);
    if (!low || !high || low.at >= high.at || low.midpoints + high.midpoints > allowed) continue;
    return peers.filter(({ offset }) => offset >= low.at && offset <= high.at);
  }
  return [];
};

const firstHeldBy = (
  edges: readonly { readonly type: number; readonly at: number }[],
  needed: number,
  entry: number,
) => {
  let [held, midpoints] = [0, 0];
  for (const { type, at } of edges) {
    held += type * entry;
    if (held >= needed) return { at, midpoints };
    midpoints += Number(type === 0);
  }
  return undefined;
};

/** §11.2.2: whoever is farthest from the others goes, while that is more than the best one's own jitter. */
export const cluster = <Peer extends Candidate>(survivors: readonly Peer[]): readonly Peer[] => {
  if (survivors.length <= NMIN) return survivors;
  const selectionJitter = ({ offset }: Peer) =>
    Math.sqrt(survivors.reduce((sum, other) => sum + (other.offset - offset) ** 2, 0) / (survivors.length - 1));
  const worst = survivors.reduce((a, b) => (selectionJitter(b) > selectionJitter(a) ? b : a));
  const leastJitter = Math.min(...survivors.map(({ jitter }) => jitter));
  return selectionJitter(worst) < leastJitter ? survivors : cluster(survivors.filter((peer) => peer !== worst));
};
