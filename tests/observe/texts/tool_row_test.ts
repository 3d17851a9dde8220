import { assertEquals } from "@std/assert";
import { DISPLAY, parseNetstat, parseSs, ToolRows } from "fourtuple";

Deno.test("ToolRows shows itself as a table, with who has the socket", () => {
  const rows = parseSs(
    'LISTEN 0 511 0.0.0.0:443 0.0.0.0:* users:(("nginx",pid=5678,fd=6))\n' +
      "ESTAB 5 0 127.0.0.1:443 127.0.0.1:5000",
  );
  assertEquals(String(rows).split("\n"), [
    "protocol  state        local          remote          recv-q  send-q  process",
    "tcp       LISTEN       0.0.0.0:443    *                    0     511  nginx (5678), fd 6",
    "tcp       ESTABLISHED  127.0.0.1:443  127.0.0.1:5000       5       0",
  ]);
  assertEquals(rows[DISPLAY]()["text/plain"], String(rows));
  assertEquals(Array.isArray(rows.map((row) => row.state)), true);
  assertEquals(rows.filter(({ state }) => state === "LISTEN") instanceof ToolRows, false);
});

Deno.test("ToolRows tells that there is no row, that there are many, and what is left out", () => {
  assertEquals(new ToolRows().toTable().caption, "No row.");
  const many = parseSs(
    Array.from({ length: 41 }, (_, i) => `LISTEN 0 5 *:${i + 1} *:*`).join("\n"),
  );
  assertEquals(many.toTable().caption, "The first 40 of 41 rows.");
  assertEquals(many.toTable().rows.length, 40);
  const cut = "tcp6 0 0 2001:db8::1234:5678:443 :::* LISTEN\n".repeat(5);
  assertEquals(
    parseNetstat(cut).toTable().caption,
    "No row. " +
      [1, 2, 3].map((line) =>
        `Line ${line} is left out: netstat may have cut off the end of 2001:db8::1234:5678:443, ` +
        "and -W prints all of it."
      ).join(" ") + " So are 2 more.",
  );
});
