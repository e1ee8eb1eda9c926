/** Standard output, where that is what a command is for. */
import { EXIT, exitOf, type Refused, refusalText } from './refusals.ts';
import { complain } from './terminal.ts';

/** Who reads no more ends the program, and is told nothing. On a full disk the next one would find half an answer, and none the wiser. */
const endIfLost = (error: NodeJS.ErrnoException): never => {
  if (error.code === 'EPIPE') process.exit();
  complain(`${error.code}: not all could be written to standard output`);
  process.exit(EXIT.unreached);
};

const watch = (): void => {
  if (!process.stdout.listeners('error').includes(endIfLost)) process.stdout.on('error', endIfLost);
};

/** A line, or several. */
export const print = (text: string): void => {
  watch();
  process.stdout.write(`${text}\n`);
};

/** For a stream of octets: what was given is out as the promise resolves. */
export const openOutput = (): ((octets: Uint8Array) => Promise<void>) => {
  watch();
  return (octets) => new Promise((resolve) => process.stdout.write(octets, () => resolve()));
};

/** Says why there is nothing to say, and lets the program end so. */
export const sayRefused = (origin: string, refused: Refused, json = false): void => {
  const { reason, detail } = refused;
  if (json) print(JSON.stringify({ edge: origin, refusal: reason, detail }, null, 2));
  complain(`${origin}: ${refusalText(refused)}`);
  process.exitCode = exitOf(refused);
};
