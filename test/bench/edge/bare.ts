/** The least that a Worker tells the time with. */
import { Hono } from 'hono';

const app = new Hono();
app.get('/', (c) => c.json({ unixMs: Date.now() }));

export default app;
