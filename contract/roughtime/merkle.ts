/** The Merkle tree over a batch of requests, RFC 10049 §5.3: one signature answers all of them. */
import { ok, type Result, refuse } from '../result.ts';
import type { Bytes } from '../web-platform.ts';
import { HASH_BYTES, hash } from './signature.ts';

export type Tree = {
  readonly root: Bytes;
  /** From the leaves up, each level as pairs: 0x01 | left | right, which is what its parent is the hash of. */
  readonly levels: readonly Bytes[];
};

/** §5.2.4: no path has more hashes. */
const MAX_HEIGHT = 32;
const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);
const PAIR = 1 + 2 * HASH_BYTES;
/** Where a node stands among the pairs of its level. */
const placeOf = (index: number): number => PAIR * (index >>> 1) + 1 + HASH_BYTES * (index & 1);

/** @param packet - the whole request, with its "ROUGHTIM". */
export const leafOf = (packet: Bytes): Promise<Bytes> => hash(LEAF, packet);

/** @param leaves - at least one. Where a level has an odd number of nodes, zeros take the place of the missing one. */
export const growTree = async (leaves: readonly Bytes[]): Promise<Tree> => {
  const levels: Bytes[] = [];
  let nodes = leaves;
  while (nodes.length > 1) {
    const pairs = new Uint8Array(PAIR * Math.ceil(nodes.length / 2));
    for (let at = 0; at < pairs.length; at += PAIR) pairs.set(NODE, at);
    for (const [i, node] of nodes.entries()) pairs.set(node, placeOf(i));
    levels.push(pairs);
    nodes = await Promise.all(
      Array.from({ length: pairs.length / PAIR }, (_, i) => hash(pairs.subarray(PAIR * i, PAIR * (i + 1)))),
    );
  }
  return { root: nodes[0]!, levels };
};

/** The siblings on the way from a leaf to the root: the value of PATH. */
export const pathFrom = ({ levels }: Tree, leaf: number): Bytes => {
  const path = new Uint8Array(HASH_BYTES * levels.length);
  for (const [height, pairs] of levels.entries()) {
    const sibling = placeOf((leaf >>> height) ^ 1);
    path.set(pairs.subarray(sibling, sibling + HASH_BYTES), HASH_BYTES * height);
  }
  return path;
};

/**
 * Where a path leads from a leaf, §5.3.1.
 *
 * @param path - a multiple of 32 bytes.
 * @returns `bad-index` where the index has bits beyond the path: or one leaf could have several places.
 */
export const rootOf = async (
  leaf: Bytes,
  index: number,
  path: Bytes,
): Promise<Result<Bytes, 'path-too-long' | 'bad-index'>> => {
  const height = path.length / HASH_BYTES;
  if (height > MAX_HEIGHT) return refuse('path-too-long');
  if (index >= 2 ** height) return refuse('bad-index');
  let node = leaf;
  for (let level = 0; level < height; level++) {
    const sibling = path.subarray(HASH_BYTES * level, HASH_BYTES * (level + 1));
    const isRight = (index >>> level) % 2 === 1;
    node = isRight ? await hash(NODE, sibling, node) : await hash(NODE, node, sibling);
  }
  return ok(node);
};
