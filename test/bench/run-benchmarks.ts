/** Of a script's benchmarks those that are wanted, one after the other. */
import { isPinned } from './cores.ts';
import { type Figure, table } from './figures.ts';
import { machine } from './machine.ts';

export type Benchmarks = Readonly<Record<string, () => Promise<readonly Figure[]>>>;

/** @param wanted - their names; all, where there are none. Where one is unknown, this process ends with the names that are. */
export const choose = (benchmarks: Benchmarks, wanted: readonly string[]): Benchmarks => {
  const unknown = wanted.filter((name) => !Object.hasOwn(benchmarks, name));
  if (unknown.length > 0) {
    console.error(`bench: no ${unknown.join(', ')}; there are ${Object.keys(benchmarks).join(', ')}`);
    process.exit(2);
  }
  return wanted.length === 0 ? benchmarks : Object.fromEntries(wanted.map((name) => [name, benchmarks[name]!]));
};

/** Prints what they find. One that fails is named; the others are measured all the same. */
export const runBenchmarks = async (benchmarks: Benchmarks): Promise<void> => {
  process.once('SIGINT', () => process.exit(130)); // by which all that was started is ended
  const figures: Figure[] = [];
  for (const [name, bench] of Object.entries(benchmarks)) {
    console.error(`measuring: ${name}`);
    try {
      figures.push(...(await bench()));
    } catch (error) {
      console.error(`${name} could not be measured: ${(error as Error).message}`);
      process.exitCode = 1;
    }
  }
  console.log(`${await machine(isPinned ? 'one answers, one asks' : undefined)}\n\n${table(figures)}`);
};
