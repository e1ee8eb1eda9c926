/** What a shell completes command lines by, made from the command line's own declaration. */
import type { Command } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

type Flag = { readonly name: string; readonly takesValue: boolean; readonly text: string };
type Entry = {
  readonly name: string;
  readonly text: string;
  readonly flags: readonly Flag[];
  readonly words: readonly string[];
};

const entriesOf = (program: Command): readonly Entry[] =>
  program.commands.map((command) => ({
    name: command.name(),
    text: command.description(),
    flags: command.options.flatMap(({ long, required, description }) =>
      long ? [{ name: long, takesValue: required, text: description }] : [],
    ),
    words: command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices),
  }));

export const completionFor = (shell: Shell, program: Command): string =>
  WRITERS[shell](program.name(), entriesOf(program));

const bash = (name: string, entries: readonly Entry[]): string => `_${name}() {
  local words=''
  case "\${COMP_WORDS[1]}" in
${entries.map((entry) => `    ${entry.name}) words="${[...entry.flags.map((flag) => flag.name), ...entry.words].join(' ')}" ;;`).join('\n')}
  esac
  [ "$COMP_CWORD" -eq 1 ] && words="${entries.map((entry) => entry.name).join(' ')}"
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _${name} ${name}`;

/** For single quotes. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const zsh = (name: string, entries: readonly Entry[]): string => {
  const plain = (text: string): string => text.replace(/[[\]:\\]/g, '\\$&');
  const flag = ({ name, takesValue, text }: Flag): string =>
    quoted(`${name}${takesValue ? '=' : ''}[${plain(text)}]${takesValue ? ':value:_files' : ''}`);
  return `#compdef ${name}
_${name}() {
  local -a commands=(
${entries.map((entry) => `    ${quoted(`${entry.name}:${plain(entry.text)}`)}`).join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  case "$words[2]" in
${entries
  .map((entry) => {
    const rest = entry.words.length > 0 ? quoted(`*: :(${entry.words.join(' ')})`) : quoted('*: :_files');
    return `    ${entry.name}) _arguments ${[...entry.flags.map(flag), rest].join(' ')} ;;`;
  })
  .join('\n')}
  esac
}
if [[ "$funcstack[1]" == _${name} ]]; then _${name} "$@"; else compdef _${name} ${name}; fi`; // a file of fpath, or sourced
};

const fish = (name: string, entries: readonly Entry[]): string =>
  entries
    .flatMap((entry) => [
      `complete -c ${name} -f -n __fish_use_subcommand -a ${entry.name} -d ${quoted(entry.text)}`,
      ...entry.flags.map(
        (flag) =>
          `complete -c ${name} -n '__fish_seen_subcommand_from ${entry.name}' -l ${flag.name.slice(2)} ${flag.takesValue ? '-r ' : ''}-d ${quoted(flag.text)}`,
      ),
      ...(entry.words.length > 0
        ? [`complete -c ${name} -f -n '__fish_seen_subcommand_from ${entry.name}' -a ${quoted(entry.words.join(' '))}`]
        : []),
    ])
    .join('\n');

const WRITERS: Readonly<Record<Shell, (name: string, entries: readonly Entry[]) => string>> = { bash, zsh, fish };
