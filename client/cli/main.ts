#!/usr/bin/env node
/** The command line of `noonmark`: what may stand on it, and who does it. */
import { Command } from 'commander';
import { parseLength } from './arguments.ts';
import { addAskOptions, edgeUrl, urlArgument, urlOption } from './options.ts';
import { EXIT } from './refusals.ts';
import { time } from './time.ts';
import { token } from './token.ts';

const JSON_FLAG = ['--json', 'as JSON'] as const;

const program = new Command('noonmark')
  .description('True time from an edge, and how well it is known.')
  .enablePositionalOptions()
  .exitOverride((error) => process.exit(error.exitCode === 0 ? EXIT.good : EXIT.usage));

addAskOptions(program.command('time'))
  .description('the time, its bound, and who vouches for it')
  .addArgument(urlArgument())
  .option(...JSON_FLAG)
  .action((url, options, command) => time(edgeUrl(command, url), options));

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
  .action((file, options, command) => token(file, edgeUrl(command, options.url), options));

await program.parseAsync();
