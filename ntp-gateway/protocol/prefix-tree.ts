/** Which of many prefixes holds an address, and is the longest that does: a binary trie in one array, a step for each bit. */
import type { Prefix } from '../config/prefixes.ts';

/** Nodes of three words: the nodes that a 0 and a 1 lead to (their first word's index; 0: none), and the value. */
export type PrefixTree = Int32Array;

const NODE = 3;
const VALUE = 2;
const ROOT = { 4: 0, 6: NODE } as const;

/** @param entries - values are int32 other than 0. Of equal prefixes, the last counts. */
export const plantTree = (entries: readonly { readonly prefix: Prefix; readonly value: number }[]): PrefixTree => {
  const nodes = new Array<number>(2 * NODE).fill(0);
  for (const { prefix, value } of entries) {
    let node: number = ROOT[prefix.family];
    for (let at = 0; at < prefix.length; at++) {
      const branch = node + bitOf(prefix.words[at >> 5]!, at);
      if (nodes[branch] === 0) nodes[branch] = nodes.push(0, 0, 0) - NODE;
      node = nodes[branch]!;
    }
    nodes[node + VALUE] = value;
  }
  return Int32Array.from(nodes);
};

/**
 * @param client - family 4 or 6, then its address in one or four words, int32, big-endian.
 * @returns the value of the longest prefix that holds it, 0 where none does.
 */
export const findLongest = (tree: PrefixTree, client: Int32Array): number => {
  const isIPv4 = client[0] === 4;
  const bits = isIPv4 ? 32 : 128;
  let node: number = isIPv4 ? ROOT[4] : ROOT[6];
  let found = tree[node + VALUE]!;
  for (let at = 0; at < bits; at++) {
    node = tree[node + bitOf(client[1 + (at >> 5)]!, at)]!;
    if (node === 0) break;
    const value = tree[node + VALUE]!;
    if (value !== 0) found = value;
  }
  return found;
};

/** @param at - counted from the address's first bit; `word` is the one that holds it. */
const bitOf = (word: number, at: number): number => (word >>> (31 - (at & 31))) & 1;
