import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { programFor, requires } from "./requirements.ts";

/** Runs `requires("chromium", "jupyter-notebook")` where PATH leads nowhere. */
function requiresNowhere(env: Record<string, string>) {
  const module = new URL("./requirements.ts", import.meta.url);
  const { code, stdout, stderr } = new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      `import { requires } from "${module}";
       console.log(JSON.stringify(requires("chromium", "jupyter-notebook")));`,
    ],
    env: { PATH: "/nowhere", ...env },
  }).outputSync();
  const text = (bytes: BufferSource) => new TextDecoder().decode(bytes);
  return { code, said: text(stdout).trim(), warned: text(stderr).trim() };
}

const MISSING = "chromium (on Debian: apt-get install chromium) and " +
  "jupyter-notebook (on Debian: apt-get install jupyter-notebook)";

Deno.test("requires() ignores a test whose needs are missing, and says so", () => {
  assertEquals(requiresNowhere({ CI: "" }), {
    code: 0,
    said: `{"ignore":true}`,
    warned: `Tests are not tried here: they need ${MISSING}`,
  });
});

Deno.test("requires() fails under CI where a need is missing", () => {
  const { code, said, warned } = requiresNowhere({ CI: "true" });
  assertEquals([code, said], [1, ""]);
  assertStringIncludes(warned, `Cannot try a test: it needs ${MISSING}`);
});

Deno.test("requires() runs a test that needs nothing", () => {
  assertEquals(requires(), { ignore: false });
});

Deno.test("programFor() says how to get what is missing", () => {
  const path = Deno.env.get("PATH")!;
  Deno.env.set("PATH", "/nowhere");
  try {
    const error = assertThrows(() => programFor("chromium"), Error);
    assertEquals(error.message, "Cannot find chromium: on Debian: apt-get install chromium");
  } finally {
    Deno.env.set("PATH", path);
  }
});
