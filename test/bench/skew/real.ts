/** Over real sockets, to the edge in workerd, through a relay that takes its time; the truth is this host's clock. */
import { once } from 'node:events';
import { request } from 'node:http';
import { join } from 'node:path';
import { connect } from '../../../client/connect.ts';
import { startChild } from '../../support/child.ts';
import { startChronyd } from '../../support/chronyd.ts';
import { startTestEdge, untilTime } from '../../support/edge.ts';
import { makeGatewayState, startGateway, untilPublished } from '../../support/gateway.ts';
import { NODE } from '../../support/root.ts';
import { waitFor } from '../../support/wait-for.ts';
import type { Figure } from '../figures.ts';
import { figuresOf, type Said, type Trial } from './figures.ts';
import type { TcpPath } from './tcp-path.ts';
import { createTimesync, TIMESYNC_REQUESTS } from './timesync.ts';

const RELAY = join(import.meta.dirname, 'tcp-path.ts');
const PATHS: Readonly<Record<string, TcpPath>> = {
  'real home': { upMs: 8, downMs: 8, upJitterMs: 5, downJitterMs: 5 },
  'real mobile': { upMs: 35, downMs: 25, upJitterMs: 30, downJitterMs: 15 },
};
/** Messages over a WebSocket, which is one request. */
const LIGHT = 16;
/** Between two questions of timesync's: a second, unless it is told otherwise. */
const DELAY_MS = 100;

export const benchReal = async (trialsEach: number): Promise<readonly Figure[]> => {
  await using chronyd = await startChronyd();
  const { stateDir, x } = await makeGatewayState();
  await using edge = await startTestEdge(x);
  await using gateway = await startGateway({ stateDir, sources: [chronyd], publish: [edge.url] });
  await untilPublished(gateway);
  await untilTime(edge.url);
  const figures: Figure[] = [];
  for (const [name, path] of Object.entries(PATHS)) {
    const trials: Trial[] = [];
    const light: Trial[] = [];
    for (let seed = 1; seed <= trialsEach; seed++) {
      await using relay = await startChild(NODE, [RELAY, new URL(edge.url).port, JSON.stringify(path), `${seed}`]);
      const port = await waitFor('the relay', () => relay.said.stdout.trim() || undefined);
      const origin = `http://127.0.0.1:${port}`;
      const [timesync, date] = [await askTimesync(origin), await askDate(origin)];
      trials.push({ ours: await askOurs(origin, TIMESYNC_REQUESTS, 'fetch'), timesync, date });
      light.push({ ours: await askOurs(origin, LIGHT, 'websocket'), timesync, date });
    }
    figures.push(...figuresOf(name, trials), ...figuresOf(`${name}, one WebSocket`, light));
  }
  return figures;
};

/** As many requests as timesync makes, or as many exchanges over one WebSocket as the clock begins with. */
const askOurs = async (origin: string, exchanges: number, transport: 'fetch' | 'websocket'): Promise<Trial['ours']> => {
  const clock = await connect(origin, { transport });
  let answers = 1;
  await new Promise<void>((resolve) => {
    clock.onChange(({ kind }) => {
      if (kind === 'exchanged' && ++answers === exchanges) resolve();
    });
  });
  const { earliest, offset, latest } = clock.skew!;
  clock.close();
  const requests = transport === 'fetch' ? answers : 1;
  return { error: Math.abs(offset), requests, holds: earliest <= 0 && 0 <= latest, width: latest - earliest };
};

const askTimesync = async (origin: string): Promise<Said> => {
  const timesync = createTimesync({ server: `${origin}/timesync`, interval: null, delay: DELAY_MS });
  await timesync.sync();
  timesync.destroy();
  return { error: Math.abs(timesync.offset), requests: TIMESYNC_REQUESTS };
};

/** Once, by the second that had begun at the edge as it answered. On a connection of its own: others are closed when idle. */
const askDate = async (origin: string): Promise<Said> => {
  const [response] = await once(request(`${origin}/dash/head`, { method: 'HEAD', agent: false }).end(), 'response');
  const read = Date.now();
  return { error: Math.abs(Date.parse(response.headers.date) - read), requests: 1 };
};
