import { createPortal, type PortalOptions } from './create-portal.ts';
import { sendHead, serve } from './serve.ts';

/** A portal on loopback. */
export interface RunningPortal {
  /** `http://127.0.0.1:<port>`, to be asked in place of HubSpot's host. */
  url: string;
  token: string;
  /** Stops at once; it may be called again. */
  close(): Promise<void>;
}

/** Starts the demo portal on a free port of loopback. */
export async function startPortal(options: PortalOptions = {}): Promise<RunningPortal> {
  const { token, answer, headersOf } = createPortal(options);
  const server = await serve((request, outgoing) => {
    const given = answer(request);
    outgoing.end(sendHead(outgoing, given, headersOf(given), request));
  });
  return { ...server, token };
}
