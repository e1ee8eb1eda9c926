/** A page of text on a terminal of a certain size. */

/**
 * Drawn over the one before, so that nothing flickers: each line ends what stood there, and the last ends the rest.
 * Control characters would steer the terminal, and some words are a stranger's.
 */
export const frameOf = (text: string, columns: number, rows: number): string => {
  const lines = text.split('\n').slice(0, rows);
  return `${HOME}${lines.map((line) => `${cut(line, columns)}${END_LINE}`).join('\r\n')}${END_PAGE}`;
};

const HOME = '\x1b[H';
const END_LINE = '\x1b[K';
const END_PAGE = '\x1b[J';

/** Of what we write, every character is one cell wide. */
const cut = (line: string, columns: number): string => {
  const characters = [...line.replace(/\p{Cc}/gu, '?')];
  return characters.length <= columns ? characters.join('') : `${characters.slice(0, columns - 1).join('')}…`;
};
