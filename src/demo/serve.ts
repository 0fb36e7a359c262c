import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { constants, gzipSync } from 'node:zlib';
import type { Answer } from './answers.ts';

/** What was asked of the portal. */
export interface PortalRequest {
  method: string;
  /** As sent: the path and the query. */
  url: string;
  /** Without the query. */
  path: string;
  /** A parameter given several times is one list, joined by commas. */
  query: Record<string, string>;
  headers: IncomingHttpHeaders;
  /** As text; empty for a GET. */
  body: string;
}

/** A running server. */
export interface Server {
  /** `http://127.0.0.1:<port>`. */
  url: string;
  /** Stops at once: connections are ended, answers under way too. It may be called again. */
  close(): Promise<void>;
}

/** Serves HTTP on a free port of loopback; `reply` answers each request. */
export async function serve(
  reply: (request: PortalRequest, outgoing: ServerResponse) => void | Promise<void>,
): Promise<Server> {
  // Node refuses more than 16 KiB of headers by itself, where HubSpot's gateway has an answer of its own.
  const server = createServer({ maxHeaderSize: 131_072 }, async (incoming, outgoing) => {
    const body = await text(incoming).catch(() => undefined);
    // The client is gone.
    if (body === undefined) return;
    const { method = 'GET', headers, url = '' } = incoming;
    const { pathname = '', searchParams = new URLSearchParams() } =
      URL.parse(url, 'http://127.0.0.1') ?? {};
    const names = [...new Set(searchParams.keys())];
    const query = names.map((name) => [name, searchParams.getAll(name).join(',')]);
    await reply(
      { method, url, path: pathname, query: Object.fromEntries(query), headers, body },
      outgoing,
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Sends the head of an answer and returns its body as bytes, compressed where the client takes that. */
export function sendHead(
  outgoing: ServerResponse,
  { status, body }: Answer,
  headers: Record<string, string>,
  request: PortalRequest,
): Buffer {
  const gzipped = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
  // At the fastest level, as nobody waits for bytes on loopback; synchronous, so that pages do not pile up in memory.
  const bytes = gzipped ? gzipSync(body, { level: constants.Z_BEST_SPEED }) : Buffer.from(body);
  outgoing.writeHead(status, {
    ...headers,
    ...(gzipped && { 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' }),
    'Content-Length': bytes.length,
  });
  return bytes;
}
