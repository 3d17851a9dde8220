import { assertEquals, assertRejects } from "@std/assert";
import { until, within } from "../lib/time_limit.ts";

Deno.test("within() returns what comes in time, and throws what is thrown in time", async () => {
  assertEquals(await within(Promise.resolve(7)), 7);
  await assertRejects(() => within(Promise.reject(new TypeError("mine"))), TypeError, "mine");
});

Deno.test("within() tells what did not come, and leaves no timer", async () => {
  const error = await assertRejects(
    () => within(new Promise(() => {}), { timeout: 5, what: "a client" }),
    DOMException,
    "Cannot wait longer for a client: the limit is 5 ms",
  );
  assertEquals(error.name, "TimeoutError");
});

Deno.test("within() refuses a limit that is no time", async () => {
  for (const timeout of [0, -1, NaN, Infinity, 2 ** 31]) {
    await assertRejects(
      () => within(Promise.resolve(), { timeout }),
      RangeError,
      `Cannot wait for the answer: a limit is 1 to 2147483647 ms, got ${timeout}`,
    );
  }
});

Deno.test("until() waits for a condition, and tells what did not come true in time", async () => {
  let looks = 0;
  await until(() => ++looks === 3);
  assertEquals(looks, 3);
  await assertRejects(
    () => until(() => false, { timeout: 20, what: "a free port" }),
    DOMException,
    "Cannot wait longer for a free port: the limit is 20 ms",
  );
  // The look that was on its way when the limit came; a pending timer would be told as a leak.
  await new Promise((resolve) => setTimeout(resolve, 20));
});

Deno.test("until() passes on what the condition throws", async () => {
  await assertRejects(() => until(() => JSON.parse("{")), SyntaxError);
});
