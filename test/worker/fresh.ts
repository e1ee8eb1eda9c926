/** Files share one workerd, which saves the time to start one for each: every file begins with objects that know nothing. */
import { reset } from 'cloudflare:test';
import { beforeAll } from 'vitest';

beforeAll(reset);
