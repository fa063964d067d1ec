import { expect, test } from "vitest";
import { loadConfig, NotSetUp } from "../src/page/config.js";

const answering = (answer: Response) => async () => answer;

test("a page with an endpoint and a login is set up, and keeps what else it says", async () => {
  const written = {
    endpoint: "https://api.example",
    login: { issuer: "https://login.example", client_id: "x" },
    title: "Papers",
  };
  expect(await loadConfig(answering(Response.json(written)))).toEqual(written);
});

test.each([
  ["absent", new Response("", { status: 404 }), "config.json was answered with 404. Put it beside this page."],
  ["no JSON", new Response("<html>"), "config.json is no JSON object."],
  ["null", Response.json(null), "config.json is no JSON object."],
  ["without endpoint", Response.json({}), "config.json has no endpoint: the address of the API."],
  [
    "without login",
    Response.json({ endpoint: "https://api.example", login: { issuer: "https://login.example" } }),
    "config.json has no login with issuer and client_id, so nobody could sign in.",
  ],
])("a config that is %s says what to do", async (_, answer, words) => {
  await expect(loadConfig(answering(answer))).rejects.toThrow(new NotSetUp(words));
});
