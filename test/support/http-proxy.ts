/** Someone on the path to the edge who ends TLS: delays either way, notes all that passes, and gives old answers again. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

export type Answer = { readonly status: number; readonly headers: OutgoingHttpHeaders; readonly body: Buffer };
export type Passed = { readonly method: string; readonly path: string; readonly body: Buffer; readonly answer: Answer };

export type HttpProxy = {
  readonly origin: string;
  /** In ms, before the request goes on and before the answer does. May be changed at any time. */
  upDelayMs: number;
  downDelayMs: number;
  /** All that went to the target and came back, oldest first. */
  readonly passed: readonly Passed[];
  /** Asked before the target is: what it returns is the answer, and the target sees nothing. */
  answerInstead: (method: string, path: string) => Answer | undefined;
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

/** @param target - an http origin. It sees the `Host` that the caller sent, so it takes the proxy's origin for its own. */
export const startHttpProxy = async (target: string): Promise<HttpProxy> => {
  const passed: Passed[] = [];

  const forward = async (incoming: IncomingMessage, body: Buffer): Promise<Answer> => {
    const { method = 'GET', url = '/', headers } = incoming;
    const outgoing = request(new URL(url, target), { method, headers, agent: false });
    outgoing.end(body);
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    const answer = { status: response.statusCode ?? 502, headers: response.headers, body: await buffer(response) };
    passed.push({ method, path: url, body, answer });
    return answer;
  };

  const handle = async (incoming: IncomingMessage): Promise<Answer> => {
    const { method = 'GET', url = '/' } = incoming;
    const body = await buffer(incoming);
    await sleep(proxy.upDelayMs);
    const answer = proxy.answerInstead(method, url) ?? (await forward(incoming, body));
    await sleep(proxy.downDelayMs);
    return answer;
  };

  const server = createServer((incoming, outgoing) => {
    handle(incoming).then(
      // The body is whole here, and the connection to the target was another: its framing does not go on.
      ({ status, headers: { 'transfer-encoding': _framing, connection: _connection, ...headers }, body }) =>
        outgoing
          .writeHead(status, { ...headers, 'content-length': body.length })
          .end(incoming.method === 'HEAD' ? '' : body),
      () => outgoing.writeHead(502).end(), // the target is not there
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  const stop = async (): Promise<void> => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  const proxy: HttpProxy = {
    origin: `http://127.0.0.1:${port}`,
    upDelayMs: 0,
    downDelayMs: 0,
    passed,
    answerInstead: () => undefined,
    stop,
    [Symbol.asyncDispose]: stop,
  };
  return proxy;
};
