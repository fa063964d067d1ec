import { describe, expect, test } from "vitest";
import { LoginFailed, Session, type Surroundings } from "../src/page/login.js";

const LOGIN = { issuer: "https://login.example", client_id: "portway-page" };
const HOME = "https://files.example/upload/";
const METADATA = {
  authorization_endpoint: "https://login.example/authorize?tenant=7",
  token_endpoint: "https://login.example/token",
};
const BEGUN = JSON.stringify({ state: "st", verifier: "v3r" });

/** A browser at `address`, and a provider that answers token requests with `tokens`, one after the other. */
class Browser implements Surroundings {
  readonly address: URL;
  readonly asked: URLSearchParams[] = [];
  readonly #tokens: object[];
  kept: string | null;
  went = "";
  renamed = "";
  time = 1_000_000;

  constructor(address: string, tokens: object[] = [], kept: string | null = null) {
    this.address = new URL(address);
    this.#tokens = tokens;
    this.kept = kept;
  }

  readonly storage = {
    getItem: () => this.kept,
    setItem: (_: string, value: string) => {
      this.kept = value;
    },
    removeItem: () => {
      this.kept = null;
    },
  };
  readonly fetch = async (url: string, init?: RequestInit) => {
    if (url === `${LOGIN.issuer}/.well-known/openid-configuration`) return Response.json(METADATA);
    this.asked.push(init?.body as URLSearchParams);
    const next = this.#tokens.shift();
    return next ? Response.json(next) : new Response("", { status: 400 });
  };
  go(url: string): void {
    this.went = url;
  }
  rename(url: string): void {
    this.renamed = url;
  }
  now(): number {
    return this.time;
  }
}

async function challengeOf(verifier: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  return Buffer.from(digest).toString("base64url");
}

/** Signed in, as the provider sends the browser back. */
async function signedIn(...tokens: object[]): Promise<{ session: Session; browser: Browser }> {
  const browser = new Browser(`${HOME}?code=c0de&state=st`, tokens, BEGUN);
  return { session: (await Session.open(LOGIN, browser)) as Session, browser };
}

describe("signing in", () => {
  test("a visitor is sent to the provider, with a challenge for a secret that only this tab has", async () => {
    const browser = new Browser(`${HOME}?utm=x`);
    expect(await Session.open({ ...LOGIN, audience: "portway" }, browser)).toBeNull();
    const { state, verifier } = JSON.parse(browser.kept ?? "{}");
    expect(Object.fromEntries(new URL(browser.went).searchParams)).toEqual({
      tenant: "7",
      response_type: "code",
      client_id: "portway-page",
      redirect_uri: HOME,
      scope: "openid",
      audience: "portway",
      state,
      code_challenge: await challengeOf(verifier),
      code_challenge_method: "S256",
    });
    expect(verifier).toMatch(/^[\w-]{43}$/);
    expect(state).toMatch(/^[\w-]{43}$/);
  });

  test("back from the provider, the code becomes a token, and neither stays in the address or in storage", async () => {
    const { session, browser } = await signedIn({ access_token: "t0", expires_in: 600 });
    expect(Object.fromEntries(browser.asked[0] ?? [])).toEqual({
      grant_type: "authorization_code",
      code: "c0de",
      redirect_uri: HOME,
      code_verifier: "v3r",
      client_id: "portway-page",
    });
    expect([browser.renamed, browser.kept]).toEqual([HOME, null]);
    expect(await session.token()).toEqual({ token: "t0", expiresAt: new Date(1_600_000) });
  });

  test.each([
    ["another state", "?code=c0de&state=other", BEGUN],
    ["no sign-in begun in this tab", "?code=c0de&state=st", null],
    ["another issuer", "?code=c0de&state=st&iss=https%3A%2F%2Fevil.example", BEGUN],
  ])("%s: the code is not used", async (_, query, kept) => {
    const browser = new Browser(HOME + query, [{ access_token: "t0" }], kept);
    await expect(Session.open(LOGIN, browser)).rejects.toThrow(LoginFailed);
    expect(browser.asked).toEqual([]);
  });

  test("what the provider objects to is told in its words, without going there again", async () => {
    const browser = new Browser(`${HOME}?error=access_denied&error_description=Not+for+you`);
    await expect(Session.open(LOGIN, browser)).rejects.toThrow("Not for you");
    expect(browser.went).toBe("");
  });
});

test("a provider that cannot be asked is named, with what may be wrong", async () => {
  const browser = new Browser(HOME);
  const away = { ...browser, fetch: () => Promise.reject(new TypeError("Failed to fetch")), address: new URL(HOME) };
  const words = /^login\.example, where you sign in, gives no answer: .*network.*CORS/;
  await expect(Session.open(LOGIN, away as unknown as Surroundings)).rejects.toThrow(words);
});

describe("the token", () => {
  const first = { access_token: "t0", refresh_token: "r0", expires_in: 600 };

  test("is renewed a minute before it ends, where there is a refresh token", async () => {
    const { session, browser } = await signedIn(first, { access_token: "t1", expires_in: 600 });
    browser.time += 540_000;
    expect(await session.token()).toMatchObject({ token: "t0" });
    browser.time += 1;
    expect(await session.token()).toMatchObject({ token: "t1" });
    expect(Object.fromEntries(browser.asked[1] ?? [])).toMatchObject({
      grant_type: "refresh_token",
      refresh_token: "r0",
    });
  });

  test("is the ID token where the API wants that one", async () => {
    const browser = new Browser(`${HOME}?code=c&state=st`, [{ access_token: "a", id_token: "i" }], BEGUN);
    const session = await Session.open({ ...LOGIN, send: "id_token" }, browser);
    expect(await session?.token()).toMatchObject({ token: "i" });
  });

  test("a provider that does not renew it is a failed login", async () => {
    const { session, browser } = await signedIn(first);
    browser.time += 600_000;
    await expect(session.token()).rejects.toThrow("The provider answered with 400.");
  });
});
