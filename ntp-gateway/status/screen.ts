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
    .slice(0, rows || 24);
  return `${HOME}${lines.map((line) => `${cut(line, columns || 80)}${END_LINE}`).join('\r\n')}${END_PAGE}`;
};

const HOME = '\x1b[H';
const END_LINE = '\x1b[K';
const END_PAGE = '\x1b[J';

/** Of what we write, every character is one cell wide. */
const cut = (line: string, columns: number): string => {
  const characters = [...line];
  return characters.length <= columns ? characters.join('') : `${characters.slice(0, columns - 1).join('')}…`;
};
