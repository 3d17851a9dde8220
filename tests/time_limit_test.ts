import { assertEquals, assertLess, assertRejects } from "@std/assert";
import type { Refusal } from "../lib/refusal.ts";
import { until, within } from "../lib/time_limit.ts";

Deno.test("within() returns what comes in time, and throws what is thrown in time", async () => {
  assertEquals(await within(Promise.resolve(7)), 7);
  await assertRejects(() => within(Promise.reject(new TypeError("mine"))), TypeError, "mine");
});

Deno.test("within() says what did not come, and leaves no timer", async () => {
  const error = await assertRejects(
    () => within(new Promise(() => {}), { timeout: 5, what: "a client" }),
    DOMException,
    "Cannot wait longer for a client: the limit is 5 ms",
  );
  assertEquals(error.name, "TimeoutError");
});

Deno.test("within() with a limit of 0 takes what is there already", async () => {
  assertEquals(await within(Promise.resolve(7), { timeout: 0 }), 7);
  await assertRejects(() => within(new Promise(() => {}), { timeout: 0 }), DOMException);
});

Deno.test("within() and until() refuse wrong options at once", async () => {
  const never = new Promise(() => {});
  const wrong: readonly [object, typeof TypeError | typeof RangeError, string][] = [
    [{ timeout: -1 }, RangeError, "-1"],
    [{ timeout: NaN }, RangeError, "NaN"],
    [{ timeout: Infinity }, RangeError, "Infinity"],
    [{ timeout: 2 ** 31 }, RangeError, "2147483648"],
    [{ timeout: "80" }, TypeError, '"80"'],
    [{ timeout: true }, TypeError, "a boolean"],
    [{ timeout: [80] }, TypeError, "an array"],
    [{ timout: 80 }, TypeError, '"timout"'],
    [{ what: Symbol() }, TypeError, "a symbol"],
    [[80], TypeError, "an array"],
  ];
  for (const [options, Class, part] of wrong) {
    const untested = () => {
      throw new Error("the condition was tested");
    };
    for (const wait of [() => within(never, options), () => until(untested, options)]) {
      const error = await assertRejects(wait, Class);
      assertEquals((error as Refusal).part, part);
    }
  }
  await assertRejects(() => until(() => true, { interval: 0 }), RangeError);
  await assertRejects(() => until("yes" as never), TypeError);
});

Deno.test("until() waits for a condition, and says what did not come true in time", async () => {
  let tests = 0;
  await until(() => ++tests === 3);
  assertEquals(tests, 3);
  await assertRejects(
    () => until(() => false, { timeout: 20, what: "a free port" }),
    DOMException,
    "Cannot wait longer for a free port: the limit is 20 ms",
  );
});

Deno.test("until() tests its condition once in an interval", async () => {
  let tests = 0;
  await assertRejects(() => until(() => ++tests < 0, { timeout: 60, interval: 50 }), DOMException);
  assertLess(tests, 3);
});

Deno.test("until() passes on what the condition throws", async () => {
  await assertRejects(() => until(() => JSON.parse("{")), SyntaxError);
});
