import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';
import { ANSWERS_PER_MINUTE, edgeVariables } from './test/worker/variables.ts';

/** For what hangs: how fast anything is, is for benchmarks to say, and a machine may be busy with something else. */
const PATIENCE = { testTimeout: 60_000, hookTimeout: 60_000 };

/** Of the edge, in virtual time: with few draws in workerd each time, with many in the long run. */
const PROPERTIES = ['jumps', 'timekeeper.property', 'clocks-apart', 'pull.property'].map(
  (name) => `test/worker/${name}.test.ts`,
);

export default defineConfig({
  test: {
    maxWorkers: '100%', // vitest leaves one core alone, which of two is half of them
    projects: [
      {
        test: {
          name: 'node',
          include: ['test/**/*.test.ts'],
          exclude: ['test/worker/**', 'test/system/**', 'test/simulation/full/**'],
          setupFiles: 'test/support/properties.ts',
          environment: 'node',
          isolate: false,
          ...PATIENCE,
        },
      },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: './wrangler.toml' },
            miniflare: {
              bindings: edgeVariables,
              ratelimits: {
                ANSWER_LIMIT: { namespace_id: '1', simple: { limit: ANSWERS_PER_MINUTE, period: 60 } },
              },
            },
          }),
        ],
        test: {
          name: 'workerd',
          include: ['test/contract/**/*.test.ts', 'test/worker/**/*.test.ts'],
          setupFiles: ['test/support/properties.ts', 'test/worker/fresh.ts'],
          isolate: false,
          ...PATIENCE,
        },
      },
      {
        test: {
          name: 'simulation',
          include: [
            'test/simulation/full/**/*.test.ts',
            'test/simulation/coverage.test.ts',
            'test/simulation/reload-any.test.ts',
            ...PROPERTIES,
          ],
          environment: 'node',
          env: { DRAWS: '20' },
          testTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'system',
          include: ['test/system/*.test.ts'],
          environment: 'node',
          isolate: false,
          maxWorkers: 3, // they wait for what they have started, most of the time
          ...PATIENCE,
        },
      },
      {
        test: {
          name: 'operation',
          include: ['test/system/operation/*.test.ts'],
          environment: 'node',
          isolate: false,
          maxWorkers: 3,
          ...PATIENCE,
        },
      },
      {
        test: {
          name: 'timing',
          include: ['test/system/timing/*.test.ts'],
          environment: 'node',
          // Real clocks and sockets: what runs beside them moves what they measure, and a machine may be moved by others.
          retry: 2,
          fileParallelism: false,
          isolate: false,
          ...PATIENCE,
        },
      },
    ],
  },
});
