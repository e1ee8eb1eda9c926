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

  const take = async (fresh: string): Promise<void> => {
    const written = override(configIn(fresh, options), options);
    const next = takeUp(written, running);
    await gateway.follow(coreConfigOf(next));
    if (next.log?.format !== running.log?.format) setLogFormat(next.log?.format ?? 'auto');
    [text, running, loadedAt, fault] = [fresh, next, mono(), null];
    waiting = needsRestart(written, running);
    const msg = `reloaded ${file}${waiting.length === 0 ? '' : `; needs a restart: ${waiting.join(', ')}`}`;
    log({ event: 'reload', file, msg });
  };
  /** Also what nobody has foreseen: time goes on. */
  const refuse = (error: unknown): void => {
    const faults = (error instanceof Error ? error.message : `${error}`).split('\n');
    const first = (most: number): string => {
      const rest = faults.length - most;
      return `${faults.slice(0, most).join('\n')}${rest > 0 ? `; and ${rest} more: noonmark-gateway check names them all` : ''}`;
    };
    fault = first(MOST_FAULTS);
    log({ event: 'reload', level: 'warn', file, faults: faults.length, msg: `not reloaded: ${first(1)}` });
  };

  /** @param isAsked - by somebody; else the file has changed, or is looked at for the first time. */
  const read = async (isAsked: boolean): Promise<void> => {
    try {
      const fresh = readConfigFile(file);
      if (isAsked || fault !== null || fresh !== text) await take(fresh);
    } catch (error) {
      refuse(error);
    }
  };
  let last = Promise.resolve();
  /** One after the other. */
  const queue = (isAsked: boolean): Promise<void> => {
    last = last.then(() => read(isAsked));
    return last;
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
