import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ok, refuse } from '#contract/result.ts';
import { growTree, leafOf, pathFrom, rootOf } from '#contract/roughtime/merkle.ts';
import type { Bytes } from '#contract/web-platform.ts';
import { join } from './forge.ts';

/** RFC 10049 §5.3, written down once more. */
const h = async (...parts: readonly Uint8Array[]): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.digest('SHA-512', join(...parts))).slice(0, 32);
const top = async (nodes: readonly Bytes[]): Promise<Bytes> => {
  if (nodes.length === 1) return nodes[0]!;
  const half = nodes.length / 2;
  return h(Uint8Array.of(1), await top(nodes.slice(0, half)), await top(nodes.slice(half)));
};
const leavesOf = (count: number): Promise<Bytes[]> =>
  Promise.all(Array.from({ length: count }, (_, i) => leafOf(Uint8Array.of(i, i >>> 8))));

describe('the Merkle tree, RFC 10049 §5.3', () => {
  it('has leaves that are no nodes', async () => {
    expect(await leafOf(Uint8Array.of(7))).toEqual(await h(Uint8Array.of(0, 7)));
  });

  it.each([1, 2, 4, 8, 16])('of %i requests is the one of the text', async (count) => {
    const leaves = await leavesOf(count);
    expect((await growTree(leaves)).root).toEqual(await top(leaves));
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 9, 33, 64, 65])(
    'of %i requests: each finds its way to the root, and nowhere else',
    async (count) => {
      const leaves = await leavesOf(count);
      const tree = await growTree(leaves);
      for (const [i, leaf] of leaves.entries()) {
        const path = pathFrom(tree, i);
        expect(path).toHaveLength(32 * Math.ceil(Math.log2(count)));
        expect(await rootOf(leaf, i, path)).toEqual(ok(tree.root));
        if (count > 1) expect(await rootOf(leaf, i ^ 1, path)).not.toEqual(ok(tree.root));
        expect(await rootOf(leaf, i + 2 ** (path.length / 32), path)).toEqual(refuse('bad-index'));
      }
    },
  );

  it('has no way of more than 32 hashes', async () => {
    const leaf = new Uint8Array(32);
    expect((await rootOf(leaf, 0xffffffff, new Uint8Array(32 * 32))).ok).toBe(true);
    expect(await rootOf(leaf, 0, new Uint8Array(33 * 32))).toEqual(refuse('path-too-long'));
  });

  it('leads another request, another index or another path elsewhere', async () => {
    const leaves = await leavesOf(13);
    const tree = await growTree(leaves);
    await fc.assert(
      fc.asyncProperty(fc.nat(12), fc.nat(15), fc.nat(32 * 4 * 8 - 1), async (i, j, bit) => {
        const path = pathFrom(tree, i);
        if (i !== j) expect(await rootOf(leaves[i]!, j, path)).not.toEqual(ok(tree.root));
        path[bit >>> 3]! ^= 1 << (bit & 7);
        expect(await rootOf(leaves[i]!, i, path)).not.toEqual(ok(tree.root));
      }),
    );
  });
});
