import { createUploader, type Uploader, type UploaderOptions } from "../src/index.js";
import { type FakeOptions, FakePortway, SimulatedClock, seeded, testSeams } from "../src/testing/index.js";

export interface World {
  clock: SimulatedClock;
  server: FakePortway;
  uploader: Uploader;
}

/** An uploader whose world is simulated. The same seed gives the same run. */
export function world(options: Partial<FakeOptions> = {}, choices: Partial<UploaderOptions> = {}, seed = 1): World {
  const clock = new SimulatedClock();
  const server = new FakePortway({ clock, random: seeded(seed), ...options });
  return { clock, server, uploader: uploaderOf(clock, server, choices, seed) };
}

/** Another page load, or another tab, unless seams are shared by `choices`. */
export function uploaderOf(
  clock: SimulatedClock,
  server: FakePortway,
  choices: Partial<UploaderOptions> = {},
  seed = 1,
): Uploader {
  const seams = { ...testSeams(server, clock, seed), ...choices.seams };
  return createUploader({ endpoint: server.endpoint, token: "a token", ...choices, seams });
}
