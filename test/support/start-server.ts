import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that answers as the test likes. */
export interface TestServer {
  /** `http://127.0.0.1:<port>` */
  url: string;
  /** What it was asked, in order; `body` whole. */
  requests: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[];
  /** Stops at once; harmless when done twice. */
  close(): Promise<void>;
}

/** Starts a server on a free port of loopback; the nth request gets the nth of `answers`, later ones the last. */
export async function startServer(
  ...answers: ((outgoing: ServerResponse) => void)[]
): Promise<TestServer> {
  const requests: TestServer['requests'] = [];
  const server = createServer(async (incoming, outgoing) => {
    let body = '';
    for await (const piece of incoming.setEncoding('utf8')) body += piece;
    const { method = '', url = '', headers } = incoming;
    requests.push({ method, url, headers, body });
    (answers[requests.length - 1] ?? answers.at(-1))?.(outgoing);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async close() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
