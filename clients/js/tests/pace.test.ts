import { expect, test } from "vitest";
import { Lanes } from "../src/lanes.js";
import { Pace, PartTime, Speed, secondsLeft } from "../src/pace.js";
import { Budget, pauseMs, secondsOf, Tries } from "../src/patience.js";
import { bounds, layoutOf, lengthOf, numbersIn, windowFor } from "../src/plan.js";

test("trouble halves what goes at once, once a second; successes raise it one by one up to the wish", () => {
  const pace = new Pace(6, true);
  pace.troubled(0);
  pace.troubled(500);
  expect(pace.limit).toBe(3);
  pace.troubled(1500);
  pace.troubled(3000);
  expect(pace.limit).toBe(1);
  for (let count = 0; count < 100; count++) pace.succeeded();
  expect(pace.limit).toBe(6);
});

test("without adaptivity it stays as wished", () => {
  const pace = new Pace(4, false);
  pace.troubled(0);
  expect(pace.limit).toBe(4);
});

test("speed is that of the last seconds, never negative, unknown at first and after the clock was set back", () => {
  const speed = new Speed();
  speed.add(0, 0);
  expect(speed.perSecond()).toBeNull();
  speed.add(1000, 1000);
  expect(speed.perSecond()).toBe(1000);
  for (let at = 2; at < 30; at++) speed.add(1000 + 500 * (at - 1), at * 1000);
  expect(speed.perSecond()).toBe(500);
  speed.add(0, 30_000);
  expect(speed.perSecond()).toBe(0);
  speed.add(10, 5);
  expect(speed.perSecond()).toBeNull();
  expect(secondsLeft(100, 30)).toBe(4);
  expect(secondsLeft(100, null)).toBeNull();
});

test("parts that take more than a second and a half are watched on their way", () => {
  const time = new PartTime();
  expect(time.flies(1000)).toBe(false);
  time.add(1, 1000);
  expect(time.flies(1000)).toBe(true);
  expect(time.flies(2000)).toBe(false);
});

test("pauses are random, grow to ten seconds, and are never shorter than the server asked for", () => {
  expect([1, 2, 3, 4, 5, 9].map((failures) => pauseMs(failures, 1))).toEqual([1000, 2000, 4000, 8000, 10_000, 10_000]);
  expect(pauseMs(3, 0)).toBe(0);
  expect(pauseMs(1, 0, 7)).toBe(7000);
  expect([secondsOf("7"), secondsOf(null), secondsOf("Fri, 20 Nov 2026 10:00:00 GMT")]).toEqual([7, 0, 0]);
});

test("a part has its own tries, then those of the upload, which stored parts give back", () => {
  const budget = new Budget();
  const spent = (tries: Tries) => {
    let count = 1;
    while (tries.fail()) count += 1;
    return count;
  };
  expect(spent(new Tries(budget, 3))).toBe(24);
  expect(spent(new Tries(budget, 3))).toBe(4);
  budget.stored();
  expect(spent(new Tries(budget, 3))).toBeGreaterThan(3);
});

test("parts cover a file exactly, an empty one by one part of nothing", () => {
  for (const size of [0, 1, 99, 100, 101, 1234]) {
    const layout = layoutOf(size, 100);
    const lengths = numbersIn([[1, layout.count]]).map((number) => lengthOf(layout, number));
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(size);
    expect(bounds(layout, layout.count)[1]).toBe(size);
  }
});

test("a window holds what is sent in half of a URL's life, never fewer than go at once, never more than may be asked", () => {
  expect(windowFor(6, 900, null)).toBe(12);
  expect(windowFor(6, 900, 0.001)).toBe(6);
  expect(windowFor(6, 900, 0.5)).toBe(225);
  expect(windowFor(6, 900, 50)).toBe(1000);
});

test("whoever has the fewest lanes comes next, and who gives up waiting is forgotten", async () => {
  const lanes = new Lanes(() => 2);
  const [large, small, other] = [{}, {}, {}];
  const { signal } = new AbortController();
  const order: string[] = [];
  const first = await lanes.take(large, signal);
  const second = await lanes.take(large, signal);
  const waits = [large, small].map((owner, at) => lanes.take(owner, signal).then(() => order.push(`${at}`)));
  const gone = new AbortController();
  const given = lanes.take(other, gone.signal);
  gone.abort(new Error("no more"));
  await expect(given).rejects.toThrow("no more");
  second();
  second();
  await waits[1];
  expect(order).toEqual(["1"]);
  first();
  await waits[0];
  expect(order).toEqual(["1", "0"]);
});
