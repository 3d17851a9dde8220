import { assertEquals } from "@std/assert";
import { shortPath } from "../../../../lib/notebooks/kernel/inside/stack.ts";
import { describeThrown, thrownText } from "../../../../lib/notebooks/kernel/inside/thrown.ts";

Deno.test("describeThrown() describes any value", () => {
  const cases: readonly (readonly [value: unknown, message: string])[] = [
    ["text", '"text"'],
    [7, "7"],
    [null, "null or undefined"],
    [{ code: 7 }, "{ code: 7 }"],
    [{
      get x() {
        throw 1;
      },
    }, "{ x: [Getter] }"],
    [Symbol("s"), "Symbol(s)"],
  ];
  for (const [value, message] of cases) {
    assertEquals(describeThrown(value), { name: "", message, frames: [] });
  }
});

Deno.test("describeThrown() is not stopped by a value that throws when it is read", () => {
  const hostile = new Proxy({}, {
    get: () => {
      throw new Error("get");
    },
    getPrototypeOf: () => {
      throw new Error("getPrototypeOf");
    },
  });
  assertEquals(describeThrown(hostile).name, "");
  const odd = Object.defineProperties(new Error("x"), {
    name: {
      get: () => {
        throw new Error("name");
      },
    },
    message: {
      get: () => ({
        toString: () => {
          throw new Error("toString");
        },
      }),
    },
    cause: {
      get: () => {
        throw new Error("cause");
      },
    },
  });
  const { name, message, cause } = describeThrown(odd);
  assertEquals([name, message, cause], ["Error", "", undefined]);
});

Deno.test("describeThrown() follows causes and parts, and no circle", () => {
  const inner = new TypeError("inner");
  const outer = new AggregateError([inner, "text"], "outer", { cause: inner });
  Object.assign(inner, { cause: outer });
  const { name, errors, cause } = describeThrown(outer);
  assertEquals([name, cause?.name, cause?.cause], ["AggregateError", "TypeError", undefined]);
  assertEquals(errors?.map((error) => error.name), ["TypeError", ""]);
  const many = describeThrown(new AggregateError(Array.from({ length: 50 }, () => new Error())));
  assertEquals([many.errors?.length, many.more], [8, 42]);
});

Deno.test("describeThrown() cuts a message of any size", () => {
  const { message } = describeThrown(new Error("x".repeat(10_000_000)));
  assertEquals(message, `${"x".repeat(2000)}… (9998000 more characters)`);
});

Deno.test("thrownText() is what the console shows", () => {
  const error = new AggregateError([new RangeError("a\nb")], "both", { cause: "why" });
  const text = thrownText({ ...describeThrown(error), foreign: ["    at worker.ts:1:2"] });
  assertEquals(
    text.replaceAll(/^ +at (?!worker).*\n/gm, ""),
    'AggregateError: both\n    at worker.ts:1:2\n  - RangeError: a\n    b\nCaused by "why"',
  );
});

Deno.test("shortPath() shortens what a learner need not read", () => {
  const root = "file:///home/me/course/";
  const cases: readonly (readonly [address: string, short: string])[] = [
    ["file:///home/me/course/lib/sockets/socket.ts", "lib/sockets/socket.ts"],
    ["file:///home/me/course/my%20file.ts", "my file.ts"],
    ["file:///home/me/other.ts", "/home/me/other.ts"],
    [
      "file:///home/me/.cache/deno/npm/registry.example/marked/18.2.1/lib/a.js",
      "npm:marked@18.2.1/lib/a.js",
    ],
    [
      "file:///c/deno/npm/registry.example/@babel/parser/8.1.3/lib/index.js",
      "npm:@babel/parser@8.1.3/lib/index.js",
    ],
    ["file:///home/me/x/node_modules/@a/b/c.js", "npm:@a/b/c.js"],
    ["https://registry.example/@std/assert/1.0.19/equals.ts", "jsr:@std/assert@1.0.19/equals.ts"],
    ["https://example.com/a.ts", "https://example.com/a.ts"],
  ];
  for (const [address, short] of cases) assertEquals(shortPath(address, root), short);
});
