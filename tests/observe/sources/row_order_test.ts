import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { inOrder } from "../../../lib/observe/sources/_row_order.ts";
import { row } from "../_rows.ts";

const TEXTS = [
  "udp UNCONNECTED 127.0.0.1:53",
  "tcp LISTEN 127.0.0.1:80",
  "tcp LISTEN [::1]:80",
  "udp UNCONNECTED 127.0.0.1:80",
  "udp UNCONNECTED [::]:65535",
  "tcp ESTABLISHED 127.0.0.2:80 127.0.0.1:4000",
  "tcp ESTABLISHED 127.0.0.1:80 127.0.0.1:5000",
  "tcp TIME_WAIT 127.0.0.1:80 127.0.0.1:5001",
  "tcp ESTABLISHED 127.0.0.1:80 127.0.0.2:5001",
  "tcp ESTABLISHED 127.0.0.1:80 127.0.0.1:65535",
  "tcp ESTABLISHED 127.0.0.1:5000 127.0.0.1:80",
  "udp CONNECTED 127.0.0.1:5000 127.0.0.1:53",
  "tcp ESTABLISHED 127.0.0.1:65535 127.0.0.1:80",
];

Deno.test("inOrder() lists those that wait first, then by port, whatever came first", () => {
  const rows = TEXTS.map(row);
  fc.assert(fc.property(fc.shuffledSubarray(rows, { minLength: rows.length }), (shuffled) => {
    assertEquals(inOrder(shuffled), rows);
  }));
});

Deno.test("inOrder() orders rows as comparing them pair by pair does", () => {
  const port = fc.integer({ min: 0, max: 65535 });
  const kind = fc.constantFrom("tcp LISTEN", "tcp ESTABLISHED", "udp CONNECTED", "udp UNCONNECTED");
  const texts = fc.array(
    fc.tuple(kind, fc.integer({ min: 1, max: 3 }), port, fc.integer({ min: 1, max: 3 }), port)
      .map(([kind, a, one, b, other]) => `${kind} 127.0.0.${a}:${one} 127.0.0.${b}:${other}`),
    { maxLength: 60 },
  );
  fc.assert(fc.property(texts, (texts) => {
    const key = (text: string) => {
      const [protocol, state, local, remote] = text.split(" ") as [string, string, string, string];
      const isFirst = state === "LISTEN" || state === "UNCONNECTED";
      const [near, far] = [local, remote].map((end) => end.split(":")[1]!.padStart(5, "0"));
      return [isFirst ? 0 : 1, near, protocol, far, local, remote].join(" ");
    };
    assertEquals(
      inOrder(texts.map(row)).map((each) =>
        key(`${each.protocol} ${each.state} ${each.local} ${each.remote}`)
      ),
      texts.map(key).sort(),
    );
  }));
});
