/** `config.json` beside the page: where the API is, and how the page gets a token for it (docs/clients/page.md). */

/** A public client of an OpenID provider that allows Authorization Code with PKCE. */
export interface Login {
  readonly issuer: string;
  readonly client_id: string;
  /** `openid` by default; add `offline_access` where that is what gives out refresh tokens. */
  readonly scope?: string;
  /** For providers that ask which API the token is for. */
  readonly audience?: string;
  /** Which token the API takes; `access_token` by default. */
  readonly send?: "access_token" | "id_token";
}

export interface Config {
  /** Where the API is, without `/v1`. */
  readonly endpoint: string;
  readonly login?: Login;
  /** A ready token, on a developer's machine only: whoever reads config.json has it. */
  readonly token?: string;
  readonly title?: string;
  readonly category?: string;
  /** Categories to choose from, by their names in the policy, with words for people. */
  readonly categories?: Readonly<Record<string, string>>;
  /** Further pages: words and addresses. */
  readonly links?: Readonly<Record<string, string>>;
}

/** Says what is wrong with the deployment, for whoever deploys it. */
export class NotSetUp extends Error {}

/** The configuration; `ask` is `fetch`. Throws NotSetUp with words when it is absent or incomplete. */
export async function loadConfig(ask: (path: string) => Promise<Response>): Promise<Config> {
  const answer = await ask("config.json");
  if (!answer.ok) throw new NotSetUp(`config.json was answered with ${answer.status}. Put it beside this page.`);
  const config = (await answer.json().catch(() => null)) as Partial<Config> | null;
  if (!config || typeof config !== "object") throw new NotSetUp("config.json is no JSON object.");
  const { endpoint } = config;
  if (typeof endpoint !== "string") throw new NotSetUp("config.json has no endpoint: the address of the API.");
  if (!config.token && !(config.login?.issuer && config.login.client_id)) {
    throw new NotSetUp("config.json has no login with issuer and client_id, so nobody could sign in.");
  }
  return { ...config, endpoint };
}
