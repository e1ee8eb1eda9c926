/** The configuration file: TOML in, checked values out, or every fault at once. */
import { parse, TomlError, type TomlTableWithoutBigInt } from 'smol-toml';
import * as v from 'valibot';
import type { Config } from '../config.ts';
import { configOf } from './build.ts';
import { findPlaces, lineOf, type Path, pathText } from './lines.ts';
import { schema } from './schema.ts';

/** `path` is empty where the fault is the whole file's. */
export type Fault = { readonly file: string; readonly line: number; readonly path: string; readonly message: string };

export const faultText = ({ file, line, path, message }: Fault): string =>
  [`${file}:${line}`, ...(path ? [path] : []), message].join(': ');

/** Far above any real file: what is larger was named by mistake. In UTF-16 units. */
const LONGEST = 1_000_000;
/** Our deepest key is a key of a table in a list; the rest is room for a good message. */
const DEEPEST = 16;

/** @param fileName - for the faults alone. */
export const parseConfig = (
  text: string,
  fileName: string,
): { readonly ok: true; readonly config: Config } | { readonly ok: false; readonly faults: readonly Fault[] } => {
  const refuse = (line: number, message: string) =>
    ({ ok: false, faults: [{ file: fileName, line, path: '', message }] }) as const;
  if (text.length > LONGEST) return refuse(1, 'is larger than 1 MB');

  let toml: TomlTableWithoutBigInt;
  try {
    toml = parse(text, { maxDepth: DEEPEST, unsafeKeyBehaviour: 'throw' });
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [message = ''] = error.message.replace(/^Invalid TOML document: /, '').split('\n');
    return refuse(error.line, `not TOML: ${message}`);
  }

  const parsed = v.safeParse(schema, toml);
  if (parsed.success) return { ok: true, config: configOf(parsed.output) };

  const places = findPlaces(text);
  const faults = parsed.issues.map(({ message, path = [] }): Fault => {
    const keys = path.map(({ key }) => key) as Path; // TOML has no other keys than strings and indices
    return { file: fileName, line: lineOf(places, keys), path: pathText(keys), message };
  });
  return { ok: false, faults: faults.sort((a, b) => a.line - b.line) };
};
