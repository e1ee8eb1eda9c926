/** What a person sees: colours and progress where that is a terminal, and nothing of a stranger's that could steer it. */
import { styleText } from 'node:util';

const LONGEST = 200;

/** For what is not ours: it may hold anything. */
export const printable = (text: string): string => text.slice(0, LONGEST).replace(/[^ -~]/g, '?');

/** Of standard output: only on a terminal that has colours, and not where NO_COLOR is set. */
export const paint = (colour: 'green' | 'red' | 'yellow' | 'bold' | 'dim', text: string): string =>
  process.stdout.isTTY && process.stdout.hasColors() ? styleText(colour, text, { validateStream: false }) : text;

process.stderr.on('error', () => {}); // then nobody is left who could be told

/** Whether progress stands on the terminal's last line. */
let isShown = false;

const show = (text: string): void => {
  if (isShown || text) process.stderr.write(`\r\x1b[K${text}`);
  isShown = text !== '';
};

export const complain = (text: string): void => {
  show('');
  console.error(`noonmark: ${text}`);
};

const PATIENCE_MS = 1_000;

/** Says what is waited for, once that has lasted a second, and each second from then on. @param tell - gets how many have passed. */
export const showProgress = async <T>(tell: (seconds: number) => string, work: Promise<T>): Promise<T> => {
  if (!process.stderr.isTTY) return work;
  const began = performance.now();
  const timer = setInterval(() => show(tell(Math.round((performance.now() - began) / 1e3))), PATIENCE_MS);
  try {
    return await work;
  } finally {
    clearInterval(timer);
    show('');
  }
};

export const asking =
  (whom: string) =>
  (seconds: number): string =>
    `asking ${whom}, ${seconds} s`;
