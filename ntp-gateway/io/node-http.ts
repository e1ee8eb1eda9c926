/**
 * `node:http` without what else hangs on it: `import` reads every name that it exports, WebSocket too, and so loads undici,
 * some 5 MiB in each thread. The types are still its own.
 */
import process from 'node:process';

export const { Agent, createServer, request } = process.getBuiltinModule('node:http');
