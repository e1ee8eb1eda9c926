/** Where in a TOML text each key stands: smol-toml tells the line of a syntax fault alone, and wrong values need one too. */
import { parse } from 'smol-toml';

export type Path = readonly (string | number)[];

/** One key, table or array element: the line on which it begins, counted from 1, and what stands in it. */
export type Place = { readonly line: number; readonly inside: Map<string | number, Place> };

/** As people write it: `source[1].min_poll`, with quotes around the parts that need them. */
export const pathText = (path: Path): string =>
  path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return `${text}${text && '.'}${/^[\w-]+$/.test(part) ? part : JSON.stringify(part)}`;
  }, '');

/** The line of the path, or where it is not written, that of the innermost table around it. */
export const lineOf = (file: Place, path: Path): number => {
  let place = file;
  for (const part of path) {
    const next = place.inside.get(part);
    if (!next) break;
    place = next;
  }
  return place.line;
};

/** @param text - valid TOML: smol-toml has parsed it. So this only has to follow it, not to judge it. */
export const findPlaces = (text: string): Place => {
  const tokens = tokenize(text);
  const file: Place = { line: 1, inside: new Map() };
  const arraysOfTables = new Set<Place>();
  let at = 0;

  const isAt = (...symbols: string[]): boolean => symbols.includes(tokens[at]?.text ?? '');
  const take = (symbol: string): boolean => {
    const found = isAt(symbol);
    if (found) at++;
    return found;
  };

  const enter = (outer: Place, part: string | number, line: number): Place => {
    const known = outer.inside.get(part);
    if (known) return known;
    const place = { line, inside: new Map() };
    outer.inside.set(part, place);
    return place;
  };

  /** Goes down a dotted key; in a header, through the last table of each array on its way. */
  const followKey = (outer: Place): Place => {
    let place = outer;
    do {
      const last = arraysOfTables.has(place) ? place.inside.get(place.inside.size - 1) : undefined;
      const { text = '', line = 1 } = tokens[at++] ?? {};
      place = enter(last ?? place, unquote(text), line);
    } while (take('.'));
    return place;
  };

  const followHeader = (): Place => {
    const { line } = tokens[at]!;
    const isArray = take('[');
    const place = followKey(file);
    at += isArray ? 2 : 1; // the closing brackets
    if (!isArray) return place;
    arraysOfTables.add(place);
    return enter(place, place.inside.size, line);
  };

  const followEntry = (table: Place): void => {
    const place = followKey(table);
    at++; // the equals sign
    followValue(place);
  };

  const followValue = (place: Place): void => {
    const first = tokens[at++];
    if (!first) return;
    if (first.text === '[') {
      while (tokens[at] && !take(']')) {
        followValue(enter(place, place.inside.size, tokens[at]!.line));
        take(',');
      }
    } else if (first.text === '{') {
      while (tokens[at] && !take('}')) {
        followEntry(place);
        take(',');
      }
    } else {
      // A number or a date may be several tokens; it ends with its line at the latest.
      while (tokens[at]?.line === first.endLine && !isAt(',', ']', '}')) at++;
    }
  };

  let table = file;
  while (tokens[at]) {
    if (take('[')) table = followHeader();
    else followEntry(table);
  }
  return file;
};

type Token = { readonly text: string; readonly line: number; readonly endLine: number };

/** Strings (of three quotes, of one), comments, punctuation, and everything else between white space. */
const TOKEN =
  /"""(?:\\[\s\S]|[^\\])*?"{3,5}|'''[\s\S]*?'{3,5}|"(?:\\.|[^"\\])*"|'[^']*'|#[^\n]*|[[\]{},=.]|[^\s[\]{},=.#"']+/g;

const tokenize = (text: string): Token[] => {
  const tokens: Token[] = [];
  let line = 1;
  let seen = 0;
  const lineAt = (index: number): number => {
    for (; seen < index; seen++) if (text[seen] === '\n') line++;
    return line;
  };
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (token.startsWith('#')) continue;
    tokens.push({ text: token, line: lineAt(index), endLine: lineAt(index + token.length) });
  }
  return tokens;
};

const unquote = (part: string): string => (/^["']/.test(part) ? (Object.keys(parse(`${part} = 0`))[0] ?? '') : part);
