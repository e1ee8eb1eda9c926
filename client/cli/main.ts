#!/usr/bin/env node
/** The command line of `noonmark`: what may stand on it, and who does it. */
import { createRequire } from 'node:module';
import { Argument, Command, type CommanderError, Option } from 'commander';
import { parseAt, parseLength, parseSocket, parseUrls } from './arguments.ts';
import { at } from './at.ts';
import { audit } from './audit.ts';
import { completionFor, SHELLS, type Shell } from './completion.ts';
import { feed } from './feed.ts';
import { HELP } from './help.ts';
import { addAskOptions, edgeUrl, urlArgument, urlOption } from './options.ts';
import { print } from './output.ts';
import { EXIT } from './refusals.ts';
import { skew } from './skew.ts';
import { STATES } from './skew-state.ts';
import { merge, stamp } from './stamp.ts';
import { time } from './time.ts';
import { token } from './token.ts';
import { verify } from './verify.ts';

const JSON_FLAG = ['--json', 'as JSON'] as const;

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };
/** @param usage - for what is wrong on the command line. */
const exitWith =
  (usage: number) =>
  (error: CommanderError): never =>
    process.exit(error.exitCode === 0 ? EXIT.good : usage);

const program = new Command('noonmark')
  .description('True time from an edge, and how well it is known.')
  .version(version)
  .addHelpText('after', HELP.noonmark)
  .enablePositionalOptions()
  .exitOverride(exitWith(EXIT.usage));

addAskOptions(program.command('time'))
  .description('the time, its bound, and who vouches for it')
  .addArgument(urlArgument())
  .option(...JSON_FLAG)
  .addHelpText('after', HELP.time)
  .action((url, options, command) => time(edgeUrl(command, url), options));
addAskOptions(program.command('skew').exitOverride(exitWith(STATES.indexOf('UNKNOWN'))))
  .description('how far this host’s clock is off, for monitoring')
  .addArgument(urlArgument())
  .addOption(new Option('--warn <length>', 'more is a warning').argParser(parseLength).default(100, '100ms'))
  .addOption(new Option('--crit <length>', 'more is critical').argParser(parseLength).default(1_000, '1s'))
  .option(...JSON_FLAG)
  .addHelpText('after', HELP.skew)
  .action((url, options, command) => {
    if (options.warn > options.crit) command.error('error: --warn is above --crit, which is 1s where it is not named');
    return skew(edgeUrl(command, url), options);
  });
addAskOptions(program.command('verify'), { isPinned: true })
  .description('from a gateway’s key to the answer, link by link; exit 1 where one does not hold')
  .addArgument(urlArgument())
  .option(...JSON_FLAG)
  .addHelpText('after', HELP.verify)
  .action((url, options, command) => verify(edgeUrl(command, url), options));
addAskOptions(program.command('audit'))
  .description('whether edges contradict each other; exit 1 where they do')
  .argument('[url...]', 'of the edges; left out, it is NOONMARK_URL', parseUrls)
  .option('--all-addresses', 'ask each by every address that its name has')
  .option(...JSON_FLAG)
  .addHelpText('after', HELP.audit)
  .action((urls, options, command) => audit(urls.length > 0 ? urls : [edgeUrl(command, undefined)], options));
addAskOptions(program.command('token'))
  .description('whether a token is valid by true time and by this host’s clock, and whose clock is wrong')
  .argument('<file>', 'a JWT, a Fernet token, or what `openstack token issue -f json` prints; - is standard input')
  .addOption(urlOption())
  .option(
    '--lifetime <length>',
    'how long its issuer lets a token live, where it does not say when it expires',
    parseLength,
  )
  .option(...JSON_FLAG)
  .addHelpText('after', HELP.token)
  .action((file, options, command) => token(file, edgeUrl(command, options.url), options));
addAskOptions(program.command('at'))
  .description('run a command when a moment has certainly come')
  .usage('[options] <time> -- <command...>')
  .argument('<time>', 'RFC 3339, @ and Unix seconds, or + and how long from now, as +5s', parseAt)
  .argument('<command...>', 'without a shell; its exit code is taken over')
  .addOption(urlOption())
  .option('--json', 'say on standard error in JSON, a line for each event, what is said there')
  .addHelpText('after', HELP.at)
  .action((moment, command, options, self) => at(edgeUrl(self, options.url), moment, command, options));
addAskOptions(program.command('stamp'))
  .description(
    'copy standard input to standard output, each line with the earliest and the latest time at which it came',
  )
  .argument('[file...]', 'for --merge')
  .option(
    '--merge',
    'put logs that were stamped so into one order; < marks lines that certainly came after all above, ~ others',
  )
  .addOption(urlOption())
  .option(...JSON_FLAG)
  .addHelpText('after', HELP.stamp)
  .action((files, options, self) => {
    if ((options.merge ?? false) !== files.length > 0)
      self.error('error: --merge takes files; without both, standard input is stamped');
    if (options.merge) return merge(files, options);
    return stamp(edgeUrl(self, options.url), options);
  });
addAskOptions(program.command('feed'))
  .description('keep chronyd or ntpd-rs on time, as its SOCK reference clock')
  .requiredOption('--sock <path>', 'the socket that the time daemon has made', parseSocket)
  .addOption(urlOption())
  .option('--json', 'a line of JSON for each sample')
  .addHelpText('after', HELP.feed)
  .action((options, self) => feed(edgeUrl(self, options.url), options));
program
  .command('completion')
  .description('what makes a shell complete this command line')
  .addArgument(new Argument('<shell>').choices(SHELLS))
  .addHelpText('after', HELP.completion)
  .action((shell: Shell) => print(completionFor(shell, program)));

await program.parseAsync();
