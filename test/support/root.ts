/** Where this checkout is, for tests that start its programs or read its files. */
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The Node that runs this very test: 26, from node_modules. */
export const NODE = process.execPath;
