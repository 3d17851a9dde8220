import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Connections, DISPLAY } from "fourtuple";
import { row } from "../_rows.ts";

const TEXTS = [
  "udp UNCONNECTED 127.0.0.1:53",
  "tcp LISTEN 127.0.0.1:80",
  "tcp LISTEN [::1]:80",
  "udp UNCONNECTED 127.0.0.1:80",
  "tcp ESTABLISHED 127.0.0.1:80 127.0.0.1:5000",
  "tcp TIME_WAIT 127.0.0.1:80 127.0.0.1:5001",
  "tcp ESTABLISHED 127.0.0.2:80 127.0.0.1:4000",
  "tcp ESTABLISHED 127.0.0.1:5000 127.0.0.1:80",
  "udp CONNECTED 127.0.0.1:5000 127.0.0.1:53",
];

Deno.test("Connections shows itself as a table, in a notebook and as text", () => {
  const rows = new Connections([TEXTS[2]!, TEXTS[4]!].map(row));
  const text = "protocol  state        local         remote          recv-q  send-q\n" +
    "tcp       LISTEN       [::1]:80      *                    0\n" +
    "tcp       ESTABLISHED  127.0.0.1:80  127.0.0.1:5000       0       0";
  assertEquals(String(rows), text);
  const bundle = rows[DISPLAY]();
  assertEquals(bundle["text/plain"], text);
  assertStringIncludes(String(bundle["text/html"]), ">[::1]:80</td>");
});

Deno.test("Connections says so when it is empty", () => {
  const bundle = new Connections([])[DISPLAY]();
  assertEquals(
    bundle["text/plain"],
    "The kernel has no such socket.\nprotocol  state  local  remote  recv-q  send-q",
  );
  assertStringIncludes(String(bundle["text/html"]), "The kernel has no such socket.");
});

Deno.test("Connections gives rows where they stay rows, and arrays where they do not", () => {
  const rows = new Connections(TEXTS.map(row));
  for (
    const kept of [
      rows.filter(({ protocol }) => protocol === "tcp"),
      rows.slice(0, 2),
      rows.toSorted((one, other) => other.local.port - one.local.port),
      rows.filter(() => false),
    ]
  ) assert(kept instanceof Connections);
  assertEquals(rows.filter(({ protocol }) => protocol === "udp").length, 3);
  assertEquals(rows.slice(-1).map(({ state }) => state), ["CONNECTED"]);
  assertEquals(
    rows.toSorted((one, other) => other.local.port - one.local.port)[0]!.local.port,
    5000,
  );
  const ports = rows.map(({ local }) => local.port);
  assert(Array.isArray(ports) && !(ports instanceof Connections));
  assertEquals(rows.length, TEXTS.length, "the rows themselves are as before");
});

Deno.test("Connections shows the first 40 of many rows, and says so", () => {
  const rows = new Connections(Array.from({ length: 100 }, () => row(TEXTS[0]!)));
  const lines = rows.toString().split("\n");
  assertEquals(lines.length, 42);
  assertEquals(lines[0], "The first 40 of 100 sockets.");
  assertEquals(rows.length, 100);
});
