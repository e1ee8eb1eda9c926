#!/usr/bin/env node
/** The command line of `noonmark`: what may stand on it, and who does it. */
import { Command } from 'commander';
import { addAskOptions, edgeUrl, urlArgument } from './options.ts';
import { EXIT } from './refusals.ts';
import { time } from './time.ts';

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

await program.parseAsync();
