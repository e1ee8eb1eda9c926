/** The edge on this machine, on a clock that a test steps. */
import { startTestEdge, type TestEdge } from './edge.ts';

export type SteppedEdge = TestEdge & { readonly step: (ms: number) => Promise<void> };

/** @param x - the public key of the gateway that it trusts. */
export const startSteppedEdge = async (x: string): Promise<SteppedEdge> => {
  const edge = await startTestEdge(x, { entry: 'test/worker/stepped-clock.ts' });
  const step = async (ms: number): Promise<void> => {
    await fetch(`${edge.url}/step`, { method: 'POST', body: `${ms}` });
  };
  return { ...edge, step };
};
