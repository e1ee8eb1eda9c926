/** What several commands have in common on their command line. */
import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import { parseKeyId, parseTimeout, parseUrl, readAuthorities } from './arguments.ts';

const TIMEOUT_MS = 5_000;

/** For a command that asks an edge for the time: fills `AskOptions`. @param isPinned - it cannot do without a key. */
export const addAskOptions = (command: Command, { isPinned = false } = {}): Command =>
  command
    .addOption(
      new Option(
        '--gateway-key <id>',
        'believe only what this gateway vouches for: the id of its key, as `noonmark-gateway keys` prints it',
      )
        .argParser(parseKeyId)
        .makeOptionMandatory(isPinned),
    )
    .addOption(
      new Option('--timeout <length>', 'how long an exchange may take')
        .argParser(parseTimeout)
        .default(TIMEOUT_MS, '5s'),
    )
    .option('--ca <file>', 'authorities in PEM, in place of Node’s own', readAuthorities);

/** The edge, for a command that takes no other argument. */
export const urlArgument = (): Argument =>
  new Argument('[url]', 'of the edge; left out, it is NOONMARK_URL').argParser(parseUrl);

/** The edge, for a command whose arguments are something else. */
export const urlOption = (): Option =>
  new Option('--url <url>', 'of the edge; left out, it is NOONMARK_URL').argParser(parseUrl);

/** @throws as commander does for what is wrong on the command line. */
export const edgeUrl = (command: Command, url: URL | undefined): URL => {
  const { NOONMARK_URL } = process.env;
  if (url) return url;
  const isOption = command.options.some(({ long }) => long === '--url');
  if (!NOONMARK_URL)
    return command.error(`error: which edge? Name its URL${isOption ? ' with --url' : ''}, or set NOONMARK_URL`);
  try {
    return parseUrl(NOONMARK_URL);
  } catch (error) {
    if (error instanceof InvalidArgumentError) return command.error(`error: NOONMARK_URL is invalid. ${error.message}`);
    throw error;
  }
};
