// Preloaded by `npm start` and `npm run gateway`: most of what a start from the checkout takes is to read its sources anew.
import { enableCompileCache } from 'node:module';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

// By the environment too, for threads and for what is started from here.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('.build/compiled', import.meta.url));
enableCompileCache(process.env.NODE_COMPILE_CACHE);
