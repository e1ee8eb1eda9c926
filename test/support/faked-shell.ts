import type { Ran } from './child.ts';

/**
 * Runs a shell under libfaketime, again where that fails: the shell's processes share a semaphore, and one that ends may take
 * it from one that starts. It says so.
 */
export const runFaked = async (run: () => Promise<Ran>, tries = 5): Promise<Ran> => {
  const ran = await run();
  return tries > 1 && ran.stderr.includes('libfaketime: In ft_shm_init()') ? runFaked(run, tries - 1) : ran;
};
