import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Endpoint, FourTuple, parseEndpoint, parseFourTuple } from "fourtuple";
import { refused } from "../_refused.ts";
import { fourTuple } from "./_laws.ts";

Deno.test("parseFourTuple() reads its own form and that of books", () => {
  const table: [text: string, canonical: string][] = [
    ["(10.0.0.5, 51234, 203.0.113.80, 443)", "10.0.0.5:51234 -> 203.0.113.80:443"],
    ["(10.0.0.5, 51235, 203.0.113.80, 443)", "10.0.0.5:51235 -> 203.0.113.80:443"],
    ["10.0.0.5:51234 -> 203.0.113.80:443", "10.0.0.5:51234 -> 203.0.113.80:443"],
    ["(2001:DB8::5, 051234, ::1, 443)", "[2001:db8::5]:51234 -> [::1]:443"],
    ["(fe80::1%eth0, 0, fe80::2%eth0, 65535)", "[fe80::1%eth0]:0 -> [fe80::2%eth0]:65535"],
    ["[::FFFF:1.2.3.4]:1 -> [::ffff:102:304]:2", "[::ffff:1.2.3.4]:1 -> [::ffff:1.2.3.4]:2"],
    ["127.0.0.1:80 -> 127.0.0.1:80", "127.0.0.1:80 -> 127.0.0.1:80"],
  ];
  for (const [text, canonical] of table) assertEquals(String(parseFourTuple(text)), canonical);
});

Deno.test("parseFourTuple() refuses what is no four-tuple and says the rule and the part", () => {
  const arrow = 'a four-tuple is two endpoints with " -> " between';
  const comma = "the four members are separated by a comma and a blank";
  const family = "both addresses are of one family";
  const digits = "a port is one or more decimal digits and nothing else";
  const table: [text: string, rule: string, got: string][] = [
    // A side is missing, or there is one too many.
    ["", arrow, "0"],
    ["10.0.0.5:51234", arrow, "1"],
    ["10.0.0.5:1 -> 10.0.0.6:2 -> 10.0.0.7:3", arrow, "3"],
    ["10.0.0.5:51234 -> ", "an endpoint is an address, a colon and a port", '""'],
    [" -> 10.0.0.5:51234", "an endpoint is an address, a colon and a port", '""'],
    ["()", comma, "0"],
    ["(10.0.0.5, 51234, 203.0.113.80)", comma, "3"],
    ["(TCP, 10.0.0.5, 51234, 203.0.113.80, 443)", comma, "5"],
    [
      "(10.0.0.5, , 203.0.113.80, 443)",
      "a port is one or more decimal digits and nothing else",
      '""',
    ],
    ["(10.0.0.5, 51234, , 443)", "the address is missing", '""'],
    // Blanks, arrows and brackets where the form has none.
    ["10.0.0.5:51234->203.0.113.80:443", arrow, "1"],
    ["10.0.0.5:51234 - 203.0.113.80:443", arrow, "1"],
    [
      "10.0.0.5:51234  -> 203.0.113.80:443",
      digits,
      '" " (U+0020)',
    ],
    ["(10.0.0.5,51234,203.0.113.80,443)", comma, "1"],
    [
      "( 10.0.0.5, 51234, 203.0.113.80, 443)",
      "an address is ASCII characters without blanks",
      '" " (U+0020)',
    ],
    [
      "(10.0.0.5, 51234, 203.0.113.80, 443",
      "a parenthesis that opens is closed at the end",
      '"(10.0.0.5, 51234, 203.0.113.80, 443"',
    ],
    ["([::1], 51234, ::1, 443)", "an IPv6 address is hexadecimal digits and colons", '"["'],
    ["::1:51234 -> [::1]:443", "an IPv6 address is in brackets", '"::1"'],
    [
      "('10.0.0.5', 51234, '203.0.113.80', 443)",
      "each part of an IPv4 address is decimal digits and nothing else",
      `"'10"`,
    ],
    // Ports and addresses.
    ["(10.0.0.5, -1, 203.0.113.80, 443)", digits, '"-"'],
    [
      "(203.0.113.80, 443, localhost, 80)",
      "an address is numbers, not a host name that has to be resolved",
      '"localhost"',
    ],
    [
      "(10.5, 51234, 203.0.113.80, 443)",
      "an IPv4 address has four parts separated by dots",
      '2 in "10.5"',
    ],
    // Two families.
    ["(10.0.0.5, 51234, ::1, 443)", family, "IPv4 and IPv6"],
    ["[::1]:51234 -> 10.0.0.5:443", family, "IPv6 and IPv4"],
    ["[::ffff:10.0.0.5]:51234 -> 10.0.0.5:443", family, "IPv6 and IPv4"],
  ];
  for (const [text, rule, got] of table) {
    const error = refused(() => parseFourTuple(text), SyntaxError);
    assertEquals([error.rule, error.part], [rule, got], text);
    assert(
      error.message.startsWith(`Cannot parse four-tuple ${JSON.stringify(text)}: `),
      error.message,
    );
  }
});

Deno.test("parseFourTuple() refuses a port out of bounds and what is no string", () => {
  const text = "(10.0.0.5, 51234, 10.0.0.6, 65536)";
  assertEquals(refused(() => parseFourTuple(text), RangeError).part, "65536");
  const array = ["10.0.0.5", 51234] as unknown as string;
  assertEquals(refused(() => parseFourTuple(array), TypeError).part, "an array");
});

Deno.test("FourTuple.from() refuses two families and what is no endpoint", () => {
  const make = FourTuple.from as (...parts: unknown[]) => FourTuple;
  const ipv4 = parseEndpoint("127.0.0.1:80");
  const table: [parts: unknown[], part: string][] = [
    [[ipv4, parseEndpoint("[::1]:80")], "IPv4 and IPv6"],
    [[parseEndpoint("[::ffff:127.0.0.1]:80"), ipv4], "IPv6 and IPv4"],
    [[ipv4], "undefined"],
    [[ipv4, "127.0.0.1:81"], '"127.0.0.1:81"'],
    [["127.0.0.1:80", ipv4], "undefined"],
    [[null], "undefined"],
  ];
  for (const [parts, part] of table) {
    assertEquals(refused(() => make(...parts), TypeError).part, part);
  }
});

Deno.test("FourTuple.from() names both ends of a connection, over IPv4 and IPv6", async () => {
  for (const hostname of ["127.0.0.1", "::1"]) {
    using listener = Deno.listen({ hostname, port: 0 });
    const dialled = Deno.connect({ hostname, port: listener.addr.port });
    using accepted = await listener.accept();
    using client = await dialled;
    const [here, there] = [FourTuple.from(client), FourTuple.from(accepted)];
    assert(here.equals(there.reversed()) && !here.equals(there));
    assert(there.local.equals(Endpoint.from(listener.addr)), "accepting keeps the port");
  }
});

Deno.test("parseFourTuple() undoes toString(), for every four-tuple", () => {
  fc.assert(fc.property(fourTuple, (any) => {
    assert(parseFourTuple(String(any)).equals(any));
  }));
});

Deno.test("parseFourTuple() reads the form of books, for every four-tuple", () => {
  const side = ({ address, zone, port }: Endpoint) =>
    `${address}${zone === undefined ? "" : `%${zone}`}, ${port}`;
  fc.assert(fc.property(fourTuple, (any) => {
    assert(parseFourTuple(`(${side(any.local)}, ${side(any.remote)})`).equals(any));
  }));
});

Deno.test("FourTuple.reversed() twice is where one began, for every four-tuple", () => {
  fc.assert(fc.property(fourTuple, (any) => {
    assert(any.reversed().reversed().equals(any));
    assertEquals(any.reversed().equals(any), any.local.equals(any.remote));
  }));
});

Deno.test("FourTuple.equals() holds exactly when the texts are equal", () => {
  fc.assert(fc.property(fourTuple, fourTuple, (one, other) => {
    assertEquals(one.equals(other), String(one) === String(other));
  }));
});

Deno.test("FourTuple is a map key by its text, and cannot be changed", () => {
  const calls = new Map([[String(parseFourTuple("(::1, 1, ::1, 2)")), "first"]]);
  assertEquals(calls.get("[::1]:1 -> [::1]:2"), "first");
  const tuple = parseFourTuple("(::1, 1, ::1, 2)") as { local: Endpoint };
  assertThrows(() => tuple.local = parseEndpoint("[::1]:3"), TypeError);
});
