/** The configuration's file while the gateway runs: at SIGHUP, and when it has changed, it is taken up as a whole or not at all. */
import { between, type MonoNanos } from '#contract/time.ts';
import type { Config } from '../config.ts';
import type { CoreConfig } from '../core/state.ts';
import type { Gateway } from '../gateway.ts';
import { readConfigFile } from '../io/files.ts';
import { log, setLogFormat } from '../io/log.ts';
import { watchFiles } from '../io/watched-files.ts';
import type { Configuration } from '../status/status.ts';
import { configIn, needsRestart, type Overrides, override, takeUp } from './configuration.ts';

export type Reloading = {
  /** Reads the file, whether it has changed or not: the secrets that it names may have. Resolves once it is taken up, or refused. */
  readonly reload: () => Promise<void>;
  readonly configuration: () => Configuration;
  readonly close: () => void;
};

type Parts = {
  readonly gateway: Pick<Gateway, 'follow'>;
  readonly options: Overrides;
  /** The file's text as it was at the start, and what runs of it. */
  readonly text: string;
  readonly running: Config;
  readonly coreConfigOf: (config: Config) => CoreConfig;
  readonly mono: () => MonoNanos;
  readonly lookMs?: number;
};

/** Of one file, as `status` tells them: some other file in its place may have a fault in each line. */
const MOST_FAULTS = 10;

export const followConfig = ({ gateway, options, coreConfigOf, mono, lookMs, ...first }: Parts): Reloading => {
  const { config: file } = options;
  let { text, running } = first;
  let loadedAt = mono();
  let fault: string | null = null;
  let waiting: readonly string[] = [];

  const take = async (fresh: string, written: Config): Promise<void> => {
    const next = takeUp(written, running);
    await gateway.follow(coreConfigOf(next));
    if (next.log?.format !== running.log?.format) setLogFormat(next.log?.format ?? 'auto');
    [text, running, loadedAt, fault] = [fresh, next, mono(), null];
    waiting = needsRestart(written, running);
    const msg = `reloaded ${file}${waiting.length === 0 ? '' : `; needs a restart: ${waiting.join(', ')}`}`;
    log({ event: 'reload', file, msg });
  };
  /** Also what nobody has foreseen: time goes on. Said again where somebody asked. */
  const refuse = (error: unknown, isAsked: boolean): void => {
    const faults = (error instanceof Error ? error.message : `${error}`).split('\n');
    const first = (most: number): string => {
      const rest = faults.length - most;
      return `${faults.slice(0, most).join('\n')}${rest > 0 ? `; and ${rest} more: noonmark-gateway check names them all` : ''}`;
    };
    const isNews = fault !== first(MOST_FAULTS);
    fault = first(MOST_FAULTS);
    if (isNews || isAsked)
      log({ event: 'reload', level: 'warn', file, faults: faults.length, msg: `not reloaded: ${first(1)}` });
  };

  /** @param isAsked - by somebody; else the file has changed, or is looked at for the first time. */
  const read = async (isAsked: boolean): Promise<void> => {
    let isOfText = false;
    try {
      const fresh = readConfigFile(file);
      if (!isAsked && fault === null && fresh === text) return;
      isOfText = true;
      const written = override(configIn(fresh, options), options);
      isOfText = false;
      await take(fresh, written);
    } catch (error) {
      refuse(error, isAsked);
      // All else may pass and leave the file as it is: a secret that comes later, a host without a free descriptor.
      if (!isOfText) watch.again();
    }
  };
  let last = Promise.resolve();
  let next: { readonly read: Promise<void>; isAsked: boolean } | undefined;
  /** One after the other; all who ask before the next begins have that one. */
  const queue = (isAsked: boolean): Promise<void> => {
    next ??= { read: last.then(begin), isAsked };
    next.isAsked ||= isAsked;
    last = next.read;
    return last;
  };
  const begin = (): Promise<void> => {
    const { isAsked } = next!;
    next = undefined;
    return read(isAsked);
  };

  const watch = watchFiles(
    () => [file],
    () => void queue(false),
    lookMs,
  );
  return {
    reload: () => queue(true),
    configuration: () => ({
      loadedSecondsAgo: Math.floor(between(loadedAt, mono()) / 1e9),
      fault,
      needsRestart: waiting,
    }),
    close: watch.close,
  };
};
