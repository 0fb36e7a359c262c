import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { constants, gzipSync } from 'node:zlib';
import type { Answer } from './answers.ts';
import type { Fault, PortalRequest } from './faults.ts';
import type { RateLimit } from './rate-limit.ts';

/** The headers of an answer; the limits as they stand now. */
export function toHeaders(answer: Answer, limit: RateLimit, now: Date): Record<string, string> {
  const { limits = 'all' } = answer;
  return {
    Date: now.toUTCString(),
    'Content-Type': 'application/json;charset=utf-8',
    ...(limits !== 'none' && {
      'X-HubSpot-Correlation-Id': randomUUID(),
      ...limit.headers(limits),
    }),
    ...answer.headers,
  };
}

/** Sends an answer, compressed where the client takes that, as far as the fault lets it. */
export function sendAnswer(
  outgoing: ServerResponse,
  answer: Answer,
  headers: Record<string, string>,
  request: PortalRequest,
  fault: Fault | undefined,
): void {
  const gzipped = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
  // The fastest level: on loopback nobody waits for bytes. At once, lest pages pile up in memory behind a thread pool.
  const body = gzipped
    ? gzipSync(answer.body, { level: constants.Z_BEST_SPEED })
    : Buffer.from(answer.body);
  outgoing.writeHead(answer.status, {
    ...headers,
    ...(gzipped && { 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' }),
    'Content-Length': body.length,
  });
  const { cutAfterBytes, stallAfterBytes } = fault ?? {};
  const kept = cutAfterBytes ?? stallAfterBytes;
  if (kept === undefined) {
    outgoing.end(body);
    return;
  }
  outgoing.flushHeaders();
  outgoing.write(body.subarray(0, Math.min(kept, body.length - 1)), () => {
    if (cutAfterBytes !== undefined) outgoing.destroy();
  });
}
