import { assertEquals, assertRejects } from "@std/assert";
import {
  imported,
  kindOfName,
  nearest,
  notExported,
} from "../../../../lib/notebooks/kernel/inside/imports.ts";

Deno.test("nearest() finds what was meant, or nothing", () => {
  const names = ["connect", "createServer", "Socket", "isIP"];
  assertEquals(nearest("conect", names), "connect");
  assertEquals(nearest("socket", names), "Socket");
  assertEquals(nearest("createServre", names), "createServer");
  assertEquals(nearest("listen", names), undefined);
  assertEquals(nearest("x", []), undefined);
});

Deno.test("notExported() says what a module has instead", () => {
  const cases: readonly (readonly [missing: string[], has: string[], message: string])[] = [
    [
      ["Sokcet"],
      ["Socket"],
      'Cannot import "Sokcet" from "m": it does not export that name. ' +
      'Did you mean "Socket"?',
    ],
    [
      ["a", "Sokcet"],
      ["Socket"],
      'Cannot import "a" and "Sokcet" from "m": ' +
      'it does not export those names. Did you mean "Socket" for "Sokcet"?',
    ],
    [
      ["ports"],
      ["default"],
      'Cannot import "ports" from "m": it does not export that name. ' +
      'It has a default export only: import name from "m"',
    ],
    [
      ["default as socket"],
      ["Socket"],
      'Cannot import a default from "m": it has no default ' +
      'export. Did you mean import { Socket } from "m"?',
    ],
    [
      ["default as x"],
      ["Socket"],
      'Cannot import a default from "m": it has no default ' +
      "export. Its exports are imported in braces",
    ],
  ];
  for (const [missing, has, message] of cases) {
    assertEquals(notExported("m", missing, has).message, message);
  }
});

Deno.test("kindOfName() tells a type from a name that is missing", async () => {
  const format = new URL("../../../../lib/notebooks/format/notebook.ts", import.meta.url).href;
  assertEquals(await kindOfName(format, "CodeCell"), "type");
  assertEquals(await kindOfName(format, "CodeCel"), "missing");
  assertEquals(await kindOfName("marked", "MarkedToken"), "type");
  assertEquals(await kindOfName("node:net", "NetConnectOpts"), "type");
});

Deno.test("imported() passes a module with all names, a type's among them", async () => {
  const format = new URL("../../../../lib/notebooks/format/notebook.ts", import.meta.url).href;
  const module = await imported(import(format), format, "parseNotebook", "CodeCell");
  assertEquals(typeof module.parseNotebook, "function");
});

Deno.test("imported() says which file or package is not there", async () => {
  const nowhere = new URL("nowhere.ts", import.meta.url);
  await assertRejects(
    () => imported(import(nowhere.href), "./nowhere.ts"),
    TypeError,
    `Cannot import "./nowhere.ts": there is no file ${nowhere.pathname}`,
  );
  await assertRejects(
    () => imported(import("not-a-name" + ""), "not-a-name"),
    TypeError,
    'Cannot import "not-a-name": deno.json does not list this name under "imports". ' +
      'An npm package is written "npm:not-a-name", and a file "./not-a-name.ts"',
  );
  const other = new SyntaxError("The module does not parse");
  await assertRejects(() => imported(Promise.reject(other), "m"), SyntaxError, other.message);
});
