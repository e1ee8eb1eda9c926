/** What a person sees: colours and progress where that is a terminal, and nothing of a stranger's that could steer it. */
import { styleText } from 'node:util';

const LONGEST = 200;

/** For what is not ours: it may hold anything. */
export const printable = (text: string): string => text.slice(0, LONGEST).replace(/[^ -~]/g, '?');

/** Of standard output: only on a terminal that has colours, and not where NO_COLOR is set. */
export const paint = (colour: 'green' | 'red' | 'yellow' | 'bold' | 'dim', text: string): string =>
  process.stdout.isTTY && process.stdout.hasColors() ? styleText(colour, text, { validateStream: false }) : text;

process.stderr.on('error', () => {}); // then nobody is left who could be told

export const complain = (text: string): void => console.error(`noonmark: ${text}`);

const PATIENCE_MS = 1_000;

/** Says what is waited for, once that has lasted a second, and each second from then on. */
export const showProgress = async <T>(what: string, work: Promise<T>): Promise<T> => {
  if (!process.stderr.isTTY) return work;
  const began = performance.now();
  const clear = '\r\x1b[K';
  const timer = setInterval(() => {
    process.stderr.write(`${clear}${what}, ${Math.round((performance.now() - began) / 1e3)} s`);
  }, PATIENCE_MS);
  try {
    return await work;
  } finally {
    clearInterval(timer);
    if (performance.now() - began >= PATIENCE_MS) process.stderr.write(clear);
  }
};
