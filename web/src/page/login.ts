/**
 * Signing in at the team's own OpenID provider: Authorization Code with PKCE (RFC 7636), as a public client.
 *
 * Tokens stay in memory. After a reload the provider's own session answers at once; what was being uploaded is offered
 * to go on. The API verifies the token, so this page does not.
 */

import type { TokenAnswer } from "@portway/client";
import type { Login } from "./config.js";

/** What this touches of the browser; a test hands in its own. */
export interface Surroundings {
  /** The page's own address, as it is now. */
  readonly address: URL;
  readonly storage: Pick<Storage, "getItem" | "setItem" | "removeItem">;
  readonly fetch: (url: string, init?: RequestInit) => Promise<Response>;
  /** Leave for another page. */
  go(url: string): void;
  /** Show another address without leaving. */
  rename(url: string): void;
  now(): number;
}

export class LoginFailed extends Error {}

interface Endpoints {
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
}

interface Tokens {
  readonly access_token?: string;
  readonly id_token?: string;
  readonly refresh_token?: string;
  readonly expires_in?: number;
}

const KEPT = "portway-login";
const EARLY_MS = 60_000;

export class Session {
  readonly #login: Login;
  readonly #around: Surroundings;
  readonly #endpoints: Endpoints;
  #tokens: Tokens = {};
  #endsAt = 0;

  private constructor(login: Login, around: Surroundings, endpoints: Endpoints) {
    this.#login = login;
    this.#around = around;
    this.#endpoints = endpoints;
  }

  /** The session that the provider just sent back to here, or null when the browser is on its way there. */
  static async open(login: Login, around: Surroundings): Promise<Session | null> {
    const where = `${login.issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
    const session = new Session(login, around, await asked<Endpoints>(around, where));
    const { searchParams } = around.address;
    if (searchParams.has("error")) {
      throw new LoginFailed(searchParams.get("error_description") ?? searchParams.get("error") ?? "");
    }
    if (!searchParams.has("code")) {
      await session.begin();
      return null;
    }
    await session.#finish(searchParams);
    return session;
  }

  /** Go to the provider. */
  async begin(): Promise<void> {
    const [state, verifier] = [secret(), secret()];
    this.#around.storage.setItem(KEPT, JSON.stringify({ state, verifier }));
    const url = new URL(this.#endpoints.authorization_endpoint);
    const asked: Record<string, string | undefined> = {
      response_type: "code",
      client_id: this.#login.client_id,
      redirect_uri: this.#home,
      scope: this.#login.scope ?? "openid",
      audience: this.#login.audience,
      state,
      code_challenge: await challengeOf(verifier),
      code_challenge_method: "S256",
    };
    for (const [name, value] of Object.entries(asked)) if (value !== undefined) url.searchParams.set(name, value);
    this.#around.go(url.href);
  }

  /** A token for the API, a fresh one where the provider gives refresh tokens. */
  async token(): Promise<TokenAnswer> {
    const { refresh_token } = this.#tokens;
    if (refresh_token && this.#endsAt - EARLY_MS < this.#around.now()) {
      await this.#exchange({ grant_type: "refresh_token", refresh_token });
    }
    const token = this.#tokens[this.#login.send ?? "access_token"];
    if (!token) throw new LoginFailed(`The provider gave no ${this.#login.send ?? "access_token"}.`);
    return { token, expiresAt: new Date(this.#endsAt) };
  }

  get #home(): string {
    return this.#around.address.origin + this.#around.address.pathname;
  }

  async #finish(answer: URLSearchParams): Promise<void> {
    const kept = JSON.parse(this.#around.storage.getItem(KEPT) ?? "{}") as { state?: string; verifier?: string };
    this.#around.storage.removeItem(KEPT);
    this.#around.rename(this.#home);
    const issuer = answer.get("iss") ?? this.#login.issuer; // RFC 9207
    if (!kept.verifier || answer.get("state") !== kept.state || issuer !== this.#login.issuer) {
      throw new LoginFailed("This sign-in was not begun here.");
    }
    const code = answer.get("code") ?? "";
    await this.#exchange({
      grant_type: "authorization_code",
      code,
      redirect_uri: this.#home,
      code_verifier: kept.verifier,
    });
  }

  async #exchange(grant: Record<string, string>): Promise<void> {
    const body = new URLSearchParams({ ...grant, client_id: this.#login.client_id });
    const tokens = await asked<Tokens>(this.#around, this.#endpoints.token_endpoint, { method: "POST", body });
    this.#tokens = { ...this.#tokens, ...tokens };
    this.#endsAt = this.#around.now() + (tokens.expires_in ?? 300) * 1000;
  }
}

async function asked<Shape>(around: Surroundings, url: string, init?: RequestInit): Promise<Shape> {
  const answer = await around.fetch(url, init).catch((cause) => {
    const why = "there is no network, or it does not allow this page to ask (CORS)";
    throw new LoginFailed(`${new URL(url).host}, where you sign in, gives no answer: ${why}.`, { cause });
  });
  if (!answer.ok) throw new LoginFailed(`The provider answered with ${answer.status}.`);
  return (await answer.json()) as Shape;
}

/** 256 random bits. */
function secret(): string {
  return base64url(crypto.getRandomValues(new Uint8Array(32)));
}

async function challengeOf(verifier: string): Promise<string> {
  return base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier))));
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}
