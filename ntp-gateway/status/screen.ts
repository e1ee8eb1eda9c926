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
    .flatMap((line) => wrapped(line, columns || 80));
  const shown = cut(lines, rows || 24).map((line) => `${line.slice(0, columns || 80)}${END_LINE}`);
  return `${HOME}${shown.join('\r\n')}${END_PAGE}`;
};

const HOME = '\x1b[H';
const END_LINE = '\x1b[K';
const END_PAGE = '\x1b[J';

/** What has no room is not left out without a word. */
const cut = (lines: readonly string[], rows: number): readonly string[] =>
  lines.length <= rows ? lines : [...lines.slice(0, rows - 1), `… and ${lines.length - rows + 1} lines more`];

/** What is too wide goes on below, a little to the right: the end of a line says why. Of what we write, every character is a cell wide. */
const wrapped = (line: string, columns: number, indent = indentOf(line, columns)): readonly string[] => {
  if (line.length <= columns) return [line];
  const end = endOf(line, columns);
  const rest = `${' '.repeat(indent)}${line.slice(end).trimStart()}`;
  return [line.slice(0, end).trimEnd(), ...wrapped(rest, columns, indent)];
};

/** Below what it goes on with, where it has a name in front. */
const indentOf = (line: string, columns: number): number => {
  const [, named = ''] = /^(\S+(?: \S+)* {2,})/.exec(line) ?? [];
  return named && named.length <= columns / 4 ? named.length : Math.min(4, columns >> 3);
};

/** Behind a clause, or else a word: a figure stays with its unit and its sign. */
const endOf = (line: string, columns: number): number => {
  const clause = 1 + Math.max(line.lastIndexOf(', ', columns - 1), line.lastIndexOf('; ', columns - 1));
  if (clause > columns / 2) return clause;
  const space = line.lastIndexOf(' ', columns);
  return space > columns / 2 ? space : columns;
};
