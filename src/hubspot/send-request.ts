import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Agent, type Dispatcher, EnvHttpProxyAgent, request } from 'undici';
import { oneLine } from './failures.ts';

/** How long silence is borne, in ms; both above zero. */
export interface Timeouts {
  connectMs: number;
  /** Until the headers come, and between two pieces of a body. */
  answerMs: number;
}

/** An HTTP request; `url` is whole but for the query. */
export interface HttpRequest {
  method: 'GET' | 'POST';
  url: string;
  query: Record<string, string>;
  headers: Record<string, string>;
  body: string | null;
}

/** An answer, fully read, after content decoding. Header names are lower case. */
export interface HttpAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

/** The connections to one server. */
export interface Connections {
  /** Throws an error that {@link describeNetworkError} can tell, or the signal's reason. Follows no redirect. */
  send(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer>;
  /** Cuts the requests under way. */
  close(): Promise<void>;
}

const MOST_AT_ONCE = 2 ** 26;

/** `proxyUrl`: of an HTTP proxy, for https only; null: none. */
export function openConnections(
  { connectMs, answerMs }: Timeouts,
  proxyUrl: string | null,
): Connections {
  const options = {
    connect: { timeout: connectMs },
    headersTimeout: answerMs,
    bodyTimeout: answerMs,
  };
  // Hosts named in NO_PROXY are asked directly, as by other programs.
  const dispatcher: Dispatcher =
    proxyUrl === null
      ? new Agent(options)
      : new EnvHttpProxyAgent({ ...options, httpsProxy: proxyUrl, httpProxy: '' });
  return {
    async send({ method, url, query, headers, body }, signal) {
      const answer = await request(url, {
        dispatcher,
        method,
        query,
        signal,
        headers: { accept: 'application/json', 'accept-encoding': 'gzip', ...headers },
        body,
      });
      const received = Buffer.from(await answer.body.arrayBuffer());
      // undici's own interceptor for this is experimental and warns of itself on stderr.
      const zipped = /^(?:x-)?gzip$/i.test(String(answer.headers['content-encoding']));
      const bytes = zipped && received.length > 0 ? await unzip(received) : received;
      return { status: answer.statusCode, headers: answer.headers, body: bytes };
    },
    close: () => dispatcher.destroy(),
  };
}

/** Unzips in one piece, whose length stands at the end of gzip: a thousand small ones would litter the memory. */
function unzip(zipped: Buffer): Promise<Buffer> {
  const length = zipped.length < 4 ? 0 : zipped.readUInt32LE(zipped.length - 4);
  const chunkSize = Math.min(Math.max(64, length + 1), MOST_AT_ONCE);
  return promisify(gunzip)(zipped, { chunkSize });
}

const NETWORK_REASONS: Record<string, string> = {
  ECONNREFUSED: 'nothing listens at that address',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name cannot be looked up just now',
  ECONNRESET: 'the connection was cut',
  UND_ERR_SOCKET: 'the connection was cut',
  Z_BUF_ERROR: 'the answer was cut short',
  Z_DATA_ERROR: 'an answer that is not the gzip it claims to be',
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: 'the answer was cut short',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'the answer was cut short',
};

/** Why no answer came, in a few words. */
export function describeNetworkError(error: unknown, { connectMs, answerMs }: Timeouts): string {
  const { code, message } = error as { code?: string; message: string };
  switch (code) {
    case 'UND_ERR_CONNECT_TIMEOUT':
      return `no connection within ${connectMs / 1000} s`;
    case 'UND_ERR_HEADERS_TIMEOUT':
      return `no answer within ${answerMs / 1000} s`;
    case 'UND_ERR_BODY_TIMEOUT':
      return `the answer stalled for ${answerMs / 1000} s`;
  }
  return (code !== undefined && NETWORK_REASONS[code]) || oneLine(message || String(code));
}
