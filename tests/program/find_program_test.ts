import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { findProgram, findPrograms } from "../../lib/program/find_program.ts";

Deno.test("findPrograms() yields the executable files of that name, in PATH's order", () => {
  const folder = Deno.makeTempDirSync();
  const file = (name: string, mode: number) => {
    const path = join(folder, name);
    Deno.mkdirSync(join(path, ".."), { recursive: true });
    Deno.writeTextFileSync(path, "#!/bin/sh\n", { mode });
    return path;
  };
  try {
    const second = file("b/tool", 0o755);
    const first = file("a/tool", 0o755);
    file("plain/tool", 0o644);
    Deno.mkdirSync(join(folder, "folder", "tool"), { recursive: true });
    const folders = ["missing", "plain", "folder", "a", "b", "a/tool"];
    const path = ["", ...folders.map((each) => join(folder, each)), "x".repeat(5_000)].join(":");
    assertEquals([...findPrograms("tool", { path })], [first, second]);
    assertEquals(findProgram("tool", { path }), first);
    assertEquals(findProgram("other", { path }), undefined);
    assertEquals(findProgram("./a/tool", { cwd: folder }), first);
    assertEquals(findProgram("./plain/tool", { cwd: folder }), undefined);
    assertEquals(findProgram(second, { path: "" }), second);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("findProgram() takes PATH itself if nothing else is said", () => {
  assert(findProgram("sh")?.endsWith("/sh"));
  assertEquals(findProgram("no-such-command"), undefined);
});
