/** The daemon: the real world is made, the gateway started in it, and stopped by a signal. */
import type { Config } from '../config.ts';
import type { CoreConfig } from '../core/state.ts';
import { takeLook, takeLookWithin } from '../discipline/jump.ts';
import { recall } from '../discipline/remembered.ts';
import { startGateway } from '../gateway.ts';
import { openClocks } from '../io/clocks.ts';
import { serveControl, serveStatus } from '../io/control.ts';
import { nextEpoch } from '../io/epoch.ts';
import { exposition } from '../io/exposition.ts';
import { fileFaults } from '../io/file-faults.ts';
import { damagedFiles, openStateDir, readConfigFile } from '../io/files.ts';
import { followKey } from '../io/followed-key.ts';
import { keeping } from '../io/keeping.ts';
import { loadOrCreateKey } from '../io/keys.ts';
import { flushLog, log, setLogFormat } from '../io/log.ts';
import { readBootId, readOscillator } from '../io/oscillator.ts';
import { json, type Pages } from '../io/pages.ts';
import { makePorts } from '../io/ports.ts';
import { processMetrics } from '../io/process-metrics.ts';
import { digestOf, openRecording } from '../io/recording.ts';
import { endpointText } from '../io/setup-error.ts';
import { openSystemClock } from '../io/system-clock.ts';
import { threadState, untilLoaded } from '../io/threads.ts';
import { makeRecorder } from '../record/recorder.ts';
import { clientsOf } from '../status/clients.ts';
import { metricsOf } from '../status/metrics.ts';
import { sourcesOf } from '../status/sources.ts';
import { statusOf } from '../status/status.ts';
import { configIn, coreConfigOf, type Overrides, override } from './configuration.ts';
import { openMeasurementLog } from './measurement-log.ts';
import { openPage } from './page.ts';
import { followConfig } from './reload.ts';
import { tellServiceManager } from './service.ts';

type RunOptions = Overrides & { readonly record?: string };

export const run = async (options: RunOptions, version: string): Promise<void> => {
  let hangUp = (): void => {}; // before it runs there is nothing that the file would change; nor does it end the start
  process.on('SIGHUP', () => hangUp());
  const text = readConfigFile(options.config);
  const config = override(configIn(text, options), options);
  const { stateDir, status } = config;
  setLogFormat(config.log?.format ?? 'auto');
  const clocks = openClocks();
  openStateDir(stateDir);
  const key = followKey(stateDir, await loadOrCreateKey(stateDir));
  const toCore = (config: Config): CoreConfig => coreConfigOf(config, clocks, options);

  const bootId = readBootId();
  const measurementLog = config.log && openMeasurementLog(config.log);
  const recording = options.record === undefined ? undefined : openRecording(options.record);
  const ports = {
    ...(await makePorts(clocks, config, key)),
    openSystemClock: () => openSystemClock(stateDir, bootId, clocks.isRaw),
    ...(recording && { recorder: makeRecorder(recording.write, digestOf) }),
    ...(measurementLog && { measurementLog }),
  };
  const stored = clocks.isRaw ? readOscillator(stateDir, bootId) : undefined;
  const remembered = stored && recall(stored.kept, stored.isThisBoot, takeLook(clocks));
  const gateway = await startGateway(toCore(config), nextEpoch(stateDir), ports, remembered);
  key.heed(gateway.keyChanged);
  const { mono } = clocks;
  const reloading = followConfig({ gateway, options, text, running: config, coreConfigOf: toCore, mono });
  const facts = {
    core: gateway.core,
    status: () =>
      statusOf(gateway.core(), gateway.server?.counters(), mono(), {
        keyExchanges: gateway.server?.keyExchanges?.(),
        certificateValidUntil: gateway.server?.certificateValidUntil?.(),
        roughtime: gateway.server?.roughtime?.(),
        pulls: gateway.server?.pulls?.(),
        stateDir: { ...keeping.state(), damaged: damagedFiles() },
        fileFaults: fileFaults(),
        threads: threadState(),
        configuration: reloading.configuration(),
        key: { id: key.now().id, next: key.nextId() },
        host: takeLookWithin(clocks),
        systemClock: gateway.systemClock(),
      }),
    sources: () => sourcesOf(gateway.core(), mono()),
  };
  const page = status && openPage(status, facts);
  const pages: Pages = {
    '/status': () => json(facts.status()),
    '/sources': () => json(facts.sources()),
    '/clients': () => json(clientsOf(gateway.server?.clients() ?? [], mono())),
    '/metrics': (asked) =>
      exposition([...metricsOf(facts.status(), facts.sources(), version), ...processMetrics()], asked),
    ...page?.pages,
  };
  const closers = [
    await serveControl(stateDir, pages),
    ...(status ? [await serveStatus(status, pages)] : []),
    ...(page ? [page.close] : []),
  ];
  const service = tellServiceManager(gateway);
  const stop = (signal: string): void => {
    flushLog();
    log({ event: 'stopped', gateway: config.id, signal, msg: `${config.id} stops: ${signal}` });
    service.stopping();
    reloading.close();
    gateway.stop();
    for (const close of closers) close();
    key.close();
    void Promise.all([recording?.close(), measurementLog?.close(), untilLoaded()]).then(() => process.exit(0));
  };
  process.once('SIGTERM', stop).once('SIGINT', stop);
  hangUp = () => void service.reloading(reloading.reload);
  const where = config.server.listen.map(({ host, port }) => endpointText(host, port)).join(', ');
  const { id } = key.now();
  const msg = `${config.id} runs, key ${id}${where && `, NTP on ${where}`}${clocks.isRaw ? '' : ', no raw clock here'}`;
  log({ event: 'started', gateway: config.id, version, key: id, msg });
};
