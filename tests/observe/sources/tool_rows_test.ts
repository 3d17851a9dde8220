import { assertEquals, assertThrows } from "@std/assert";
import { machine } from "fourtuple";
import { connectionsFromTools } from "../../../lib/observe/sources/_tool_rows.ts";
import { runInNamespace } from "../../_namespace.ts";
import type { Agreement } from "./_tool_agreement.ts";
import { requires } from "../../requirements.ts";

Deno.test({
  name: "connectionsFromTools() agrees with connections() on every socket, by each tool",
  ...requires("network namespace"),
  async fn() {
    const module = new URL("./_tool_agreement.ts", import.meta.url);
    const agreements = await runInNamespace(module) as Agreement[];
    // Where a tool is missing, the others are compared.
    const { tools } = await machine();
    const here = (["ss", "netstat", "lsof"] as const).filter((tool) => tools[tool].ok);
    assertEquals(agreements.map(({ tool }) => tool), here);
    for (const { tool, ours, theirs, unread, lazy } of agreements) {
      assertEquals(theirs, ours, tool);
      assertEquals(ours.length, tool === "lsof" ? 15 : 17, tool);
      assertEquals(unread, [5, false], tool);
      assertEquals(lazy, tool === "ss" ? [1, 7] : [1, null], tool);
    }
  },
});

Deno.test("connectionsFromTools() says which tools it has missed", () => {
  const missing = ["sh", "-c", "echo no table today >&2; exit 3"];
  const { message } = assertThrows(
    () => connectionsFromTools({ os: "windows", prefix: missing }),
    Deno.errors.NotSupported,
  );
  assertEquals(
    message,
    `Cannot list the kernel's sockets on "windows": netstat would print them, got sh ended with ` +
      '3, "no table today"',
  );
  assertEquals(
    assertThrows(
      () =>
        connectionsFromTools({
          os: "linux",
          prefix: ["fourtuple-has-no-such-program"],
          tools: ["ss"],
        }),
      Deno.errors.NotSupported,
    ).message,
    `Cannot list the kernel's sockets on "linux": ss would print them, got no ` +
      "fourtuple-has-no-such-program",
  );
  assertEquals(
    assertThrows(() => connectionsFromTools({ os: "linux", tools: [] }), Deno.errors.NotSupported)
      .message,
    `Cannot list the kernel's sockets on "linux": ss, netstat or lsof would print them, got no ` +
      "tool to ask",
  );
});

Deno.test("connectionsFromTools() reads what macOS's and Windows' tools print", () => {
  const table: [os: string, name: string, rows: string[]][] = [
    ["windows", "netstat_windows_anob", [
      "LISTEN 0.0.0.0:135 undefined undefined undefined svchost.exe",
      "LISTEN 0.0.0.0:445 undefined undefined undefined undefined",
      "LISTEN 127.0.0.1:8080 undefined undefined undefined deno.exe",
    ]],
    ["darwin", "netstat_macos_anvl", [
      "LISTEN 127.0.0.1:8080 undefined undefined undefined deno",
      "ESTABLISHED [fe80::1c3e:ff:fe12:3456%en0]:52119 0 0 undefined Google Chrome He",
      "LISTEN [::]:3000 undefined undefined undefined node",
      "UNCONNECTED 0.0.0.0:5353 0 0 undefined mDNSResponder",
    ]],
  ];
  for (const [os, name, expected] of table) {
    const file = new URL(`../texts/saved/${name}.txt`, import.meta.url).pathname;
    // The program that runs is cat: the saved text stands in for another system's netstat.
    const { rows, owners } = connectionsFromTools({
      os,
      prefix: ["sh", "-c", 'cat "$0"', file],
    });
    assertEquals(
      rows.map((row) => {
        const { state, local, receiveQueue, sendQueue, uid } = row;
        const program = owners.get(row)?.[0]?.program;
        return [state, local, receiveQueue, sendQueue, uid, program].map(String).join(" ");
      }),
      expected,
    );
  }
});
