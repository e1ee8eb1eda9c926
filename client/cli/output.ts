import { EXIT } from './refusals.ts';

/** Standard output: what was given is out as the promise resolves. Who reads no more ends the program, and is told nothing. */
export const openOutput = (): ((octets: Uint8Array) => Promise<void>) => {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(EXIT.good);
  });
  return (octets) => new Promise((resolve) => process.stdout.write(octets, () => resolve()));
};
