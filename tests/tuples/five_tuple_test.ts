import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { FiveTuple, FourTuple, parseFiveTuple } from "fourtuple";
import { refused } from "../_refused.ts";
import { fourTuple } from "./_laws.ts";

const fiveTuple = fc.tuple(fc.constantFrom("tcp" as const, "udp" as const), fourTuple)
  .map((parts) => FiveTuple.from(...parts));

Deno.test("parseFiveTuple() reads its own form and that of books", () => {
  const table: [text: string, canonical: string][] = [
    ["(TCP, 192.168.1.100, 80, 10.0.0.50, 52431)", "tcp 192.168.1.100:80 -> 10.0.0.50:52431"],
    ["(TCP, 192.168.1.100, 80, 10.0.0.99, 41000)", "tcp 192.168.1.100:80 -> 10.0.0.99:41000"],
    ["(udp, ::1, 53, ::1, 52431)", "udp [::1]:53 -> [::1]:52431"],
    ["tcp 10.0.0.5:51234 -> 203.0.113.80:443", "tcp 10.0.0.5:51234 -> 203.0.113.80:443"],
    ["UDP 10.0.0.5:51234 -> 203.0.113.80:443", "udp 10.0.0.5:51234 -> 203.0.113.80:443"],
  ];
  for (const [text, canonical] of table) assertEquals(String(parseFiveTuple(text)), canonical);
});

Deno.test("parseFiveTuple() refuses what is no five-tuple and says the rule and the part", () => {
  const protocol = "a protocol is tcp or udp";
  const before = "a five-tuple begins with a protocol and a blank";
  const comma = "the five members are separated by a comma and a blank";
  const table: [text: string, rule: string, got: string][] = [
    ["", before, '""'],
    ["tcp", before, '"tcp"'],
    ["tcp ", 'a four-tuple is two endpoints with " -> " between', "0"],
    ["10.0.0.5:51234 -> 203.0.113.80:443", protocol, '"10.0.0.5:51234"'],
    ["Tcp 10.0.0.5:51234 -> 203.0.113.80:443", protocol, '"Tcp"'],
    ["sctp 10.0.0.5:51234 -> 203.0.113.80:443", protocol, '"sctp"'],
    [" tcp 10.0.0.5:51234 -> 203.0.113.80:443", protocol, '""'],
    [
      "tcp  10.0.0.5:51234 -> 203.0.113.80:443",
      "an address is ASCII characters without blanks",
      '" " (U+0020)',
    ],
    [
      "tcp (10.0.0.5, 51234, 203.0.113.80, 443)",
      'a four-tuple is two endpoints with " -> " between',
      "1",
    ],
    ["(10.0.0.5, 51234, 203.0.113.80, 443)", comma, "4"],
    ["(6, 10.0.0.5, 51234, 203.0.113.80, 443)", protocol, '"6"'],
    ["(TCP, 10.0.0.5, 51234, ::1, 443)", "both addresses are of one family", "IPv4 and IPv6"],
    [
      "(TCP, 10.0.0.5, 51234, 203.0.113.80, 443.)",
      "a port is one or more decimal digits and nothing else",
      '"."',
    ],
  ];
  for (const [text, rule, got] of table) {
    const error = refused(() => parseFiveTuple(text), SyntaxError);
    assertEquals([error.rule, error.part], [rule, got], text);
    assert(
      error.message.startsWith(`Cannot parse five-tuple ${JSON.stringify(text)}: `),
      error.message,
    );
  }
  const nothing = undefined as unknown as string;
  assertEquals(refused(() => parseFiveTuple(nothing), TypeError).part, "undefined");
  const tooHigh = "(TCP, ::1, 65536, ::1, 80)";
  assertEquals(refused(() => parseFiveTuple(tooHigh), RangeError).part, "65536");
});

Deno.test("FiveTuple.from() refuses another protocol and what is no four-tuple", () => {
  const make = FiveTuple.from as (...parts: unknown[]) => FiveTuple;
  const table: [parts: unknown[], part: string][] = [
    [["TCP", parseFiveTuple("(TCP, ::1, 1, ::1, 2)").tuple], '"TCP"'],
    [["tcp", "(::1, 1, ::1, 2)"], '"(::1, 1, ::1, 2)"'],
    [["tcp"], "undefined"],
    [
      [{ localAddr: { hostname: "::1", port: 1 }, remoteAddr: { hostname: "::1", port: 2 } }],
      "undefined",
    ],
  ];
  for (const [parts, part] of table) {
    assertEquals(refused(() => make(...parts), TypeError).part, part);
  }
});

Deno.test("FiveTuple.from() names both ends of a connection, over IPv4 and IPv6", async () => {
  for (const hostname of ["127.0.0.1", "::1"]) {
    using listener = Deno.listen({ hostname, port: 0 });
    const dialled = Deno.connect({ hostname, port: listener.addr.port });
    using accepted = await listener.accept();
    using client = await dialled;
    assert(FiveTuple.from(client).equals(FiveTuple.from(accepted).reversed()));
    assert(FiveTuple.from("tcp", FourTuple.from(client)).equals(FiveTuple.from(client)));
  }
});

Deno.test("parseFiveTuple() undoes toString(), for every five-tuple", () => {
  fc.assert(fc.property(fiveTuple, (any) => {
    assert(parseFiveTuple(String(any)).equals(any));
  }));
});

Deno.test("FiveTuple.reversed() twice is where one began, for every five-tuple", () => {
  fc.assert(fc.property(fiveTuple, (any) => {
    assert(any.reversed().reversed().equals(any));
    assertEquals(any.reversed().protocol, any.protocol);
  }));
});

Deno.test("FiveTuple.equals() holds exactly when the texts are equal", () => {
  const few = fc.oneof(
    fiveTuple,
    fc.constantFrom("tcp", "udp").map((protocol) =>
      parseFiveTuple(`${protocol} [::1]:1 -> [::1]:2`)
    ),
  );
  fc.assert(fc.property(few, few, (one, other) => {
    assertEquals(one.equals(other), String(one) === String(other));
  }));
});
