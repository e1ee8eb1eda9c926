/** Pages of text on a terminal. */

/** Control characters would steer the terminal, and others turn letters round: some words are a stranger's. Lines are ours. */
export const printable = (text: string): string => text.replace(/(?!\n)[\p{C}\p{Zl}\p{Zp}]/gu, '?');

/**
 * Drawn over the one before, so that nothing flickers: each line ends what stood there, and the last ends the rest.
 *
 * @param columns - and `rows`: 0 where the terminal does not know, as on a serial line.
 */
export const frameOf = (text: string, columns: number, rows: number): string => {
  const lines = printable(text)
    .split('\n')
    .flatMap((line) => wrapped(line, columns || 80))
    .slice(0, rows || 24);
  return `${HOME}${lines.map((line) => `${line}${END_LINE}`).join('\r\n')}${END_PAGE}`;
};

const HOME = '\x1b[H';
const END_LINE = '\x1b[K';
const END_PAGE = '\x1b[J';

/** What is too wide goes on below, a little to the right: the end of a line says why. Of what we write, every character is a cell wide. */
const wrapped = (line: string, columns: number): readonly string[] => {
  if (line.length <= columns) return [line];
  const space = line.lastIndexOf(' ', columns);
  const end = space > columns / 2 ? space : columns;
  const indent = ' '.repeat(Math.min(4, columns >> 3));
  return [line.slice(0, end).trimEnd(), ...wrapped(`${indent}${line.slice(end).trimStart()}`, columns)];
};
