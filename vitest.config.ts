import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';
import { edgeVariables } from './test/worker/variables.ts';

export default defineConfig({
  test: {
    maxWorkers: '100%', // vitest leaves one core alone, which of two is half of them
    projects: [
      {
        test: {
          name: 'node',
          include: ['test/**/*.test.ts'],
          exclude: ['test/worker/**', 'test/system/**', 'test/simulation/full/**'],
          environment: 'node',
        },
      },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: './wrangler.toml' },
            miniflare: { bindings: edgeVariables },
          }),
        ],
        test: {
          name: 'workerd',
          include: ['test/contract/**/*.test.ts', 'test/worker/**/*.test.ts'],
        },
      },
      {
        test: {
          name: 'simulation',
          include: ['test/simulation/full/**/*.test.ts'],
          environment: 'node',
        },
      },
      {
        test: {
          name: 'system',
          include: ['test/system/*.test.ts'],
          environment: 'node',
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'timing',
          include: ['test/system/timing/*.test.ts'],
          environment: 'node',
          // Real clocks and sockets: what runs beside them moves what they measure.
          fileParallelism: false,
          isolate: false,
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
    ],
  },
});
