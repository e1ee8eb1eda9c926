/** Reads OpenMetrics text as strictly as the specification has it, for the types that we have. */

export type Read = {
  readonly type: string;
  readonly help: string;
  /** By name and labels as they were written. */
  readonly samples: Map<string, number>;
};

const NAME = '[a-zA-Z_][a-zA-Z0-9_]*';
const VALUE = String.raw`[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?`;
const LABEL = String.raw`${NAME}="(?:[^"\\\n]|\\["\\n])*"`;
const HELP = new RegExp(String.raw`^# HELP (${NAME}) ((?:[^\\"\n]|\\["\\n])+)$`);
const TYPE = new RegExp(`^# TYPE (${NAME}) (counter|gauge)$`);
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(${LABEL}(?:,${LABEL})*)\\})? (${VALUE})$`);

/** @throws at the first line that is out of place, and at a sample that is there twice. */
export const readOpenMetrics = (text: string): ReadonlyMap<string, Read> => {
  const families = new Map<string, Read>();
  const lines = text.split('\n');
  if (lines.pop() !== '' || lines.pop() !== '# EOF') throw new Error('does not end in # EOF');
  let current: { readonly name: string; readonly family: Read } | undefined;
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!;
    const [, name, help] = HELP.exec(line) ?? [];
    if (name !== undefined && help !== undefined) {
      const [, typed, type] = TYPE.exec(lines[++i] ?? '') ?? [];
      if (typed !== name || type === undefined) throw new Error(`no type of ${name}`);
      if (families.has(name)) throw new Error(`${name} is there twice`);
      current = { name, family: { type, help, samples: new Map() } };
      families.set(name, current.family);
      continue;
    }
    const [, sample = '', labels = '', value = ''] = SAMPLE.exec(line) ?? [];
    const expected = current?.family.type === 'counter' ? `${current.name}_total` : current?.name;
    if (!current || sample !== expected) throw new Error(`not a line of ${current?.name}: ${line}`);
    const key = `${sample}{${labels}}`;
    if (current.family.samples.has(key)) throw new Error(`${key} is there twice`);
    current.family.samples.set(key, Number(value));
  }
  return families;
};
