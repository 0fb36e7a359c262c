import type { Clock } from '../clock.ts';
import type { Credentials, OAuthApp } from '../settings.ts';
import { parseObject } from './parse-object.ts';
import type { HttpRequest } from './send-request.ts';

/** The access token that requests carry. */
export interface AccessToken {
  /** The token to send now; renewed first when its end is near. Rejects with what `fetch` throws. */
  current(): Promise<string>;
  /** HubSpot refused `token` (401). Returns whether the next {@link current} is another one. */
  refuse(token: string): boolean;
  /** What must stand in no text: HubSpot may quote what it was asked with. */
  readonly secrets: readonly string[];
}

/** What HubSpot answers to a request for an access token. */
export interface TokenAnswer {
  token: string;
  lifetimeMs: number;
  /** The refresh token to use from now on; undefined when the answer has none. */
  refreshToken: string | undefined;
}

/** Access tokens live 30 minutes (HubSpot's OAuth guide), and are renewed when this share of their time is left. */
const RENEW_SHARE = 1 / 6;

/** The server to ask (no slash at its end), and what it knows us by, which goes nowhere else. */
export type Access = { apiUrl: string } & Credentials;

/** Dependencies of the access token. */
export interface AccessTokenDeps {
  clock: Clock;
  /** Asks the token endpoint until it answers. */
  fetch(request: HttpRequest): Promise<TokenAnswer>;
  /** Is told when HubSpot gives out another refresh token. */
  note(message: string): void;
}

/**
 * The token of a service key or an app, which does not change; or those of an OAuth app, fetched when they are needed, by
 * one request for all who wait.
 */
export function createAccessToken(access: Access, deps: AccessTokenDeps): AccessToken {
  if ('oauth' in access) return createOAuthToken(access.apiUrl, access.oauth, deps);
  const { token } = access;
  return { current: async () => token, refuse: () => false, secrets: [token] };
}

function createOAuthToken(
  apiUrl: string,
  app: OAuthApp,
  { clock, fetch, note }: AccessTokenDeps,
): AccessToken {
  let { refreshToken } = app;
  const secrets = [app.clientSecret, refreshToken];
  let known: { token: string; renewAt: number } | undefined;
  let fetching: Promise<string> | undefined;

  async function renew(): Promise<string> {
    const askedAt = clock.now().getTime();
    const answer = await fetch(toTokenRequest(apiUrl, app, refreshToken));
    secrets.push(answer.token);
    if (answer.refreshToken !== undefined && answer.refreshToken !== refreshToken) {
      ({ refreshToken } = answer);
      secrets.push(refreshToken);
      note(
        'HubSpot gave this app another refresh token, which is used until this run ends and is shown nowhere. If the next run is refused, install the app in HubSpot again and store its refresh token as HUBSPOT_REFRESH_TOKEN, in .env or wherever this job gets its secrets from',
      );
    }
    const renewAt = askedAt + answer.lifetimeMs * (1 - RENEW_SHARE);
    known = { token: answer.token, renewAt };
    return answer.token;
  }

  return {
    secrets,
    async current() {
      if (known !== undefined && clock.now().getTime() < known.renewAt) return known.token;
      fetching ??= renew().finally(() => {
        fetching = undefined;
      });
      return fetching;
    },
    refuse(token) {
      // Others may have had it renewed meanwhile.
      if (known?.token === token) known = undefined;
      return true;
    },
  };
}

/** The secrets go in the body (HubSpot's specification, oauth.json): URLs end up in logs. */
function toTokenRequest(apiUrl: string, app: OAuthApp, refreshToken: string): HttpRequest {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: app.clientId,
    client_secret: app.clientSecret,
    refresh_token: refreshToken,
  });
  return {
    method: 'POST',
    url: `${apiUrl}/oauth/${app.version}/token`,
    query: {},
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
  };
}

/** Reads the answer of the token endpoint. Throws Error when the body is no such answer. */
export function parseTokenBody(body: Buffer): TokenAnswer {
  const answer = parseObject(body);
  const { access_token: token, expires_in: seconds, refresh_token: refreshToken } = answer;
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token) || !(Number(seconds) > 0)) {
    throw new Error('it lacks access_token and expires_in');
  }
  return {
    token,
    lifetimeMs: Number(seconds) * 1000,
    refreshToken:
      typeof refreshToken === 'string' && refreshToken !== '' ? refreshToken : undefined,
  };
}
