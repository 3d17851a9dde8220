import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Endpoint, FourTuple, parseEndpoint, parseFourTuple } from "fourtuple";
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

Deno.test("parseFourTuple() refuses what is no four-tuple and tells the rule and the part", () => {
  const arrow = 'two endpoints stand with " -> " between';
  const comma = "four members stand with a comma and a blank between";
  const family = "both addresses are of one family";
  const digits = "a port is decimal digits and nothing else";
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
    ["(10.0.0.5, , 203.0.113.80, 443)", "a port is one or more decimal digits", "none"],
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
    ["::1:51234 -> [::1]:443", "an IPv6 address stands in brackets", '"::1"'],
    [
      "('10.0.0.5', 51234, '203.0.113.80', 443)",
      "each part of an IPv4 address is decimal digits and nothing else",
      `"'10"`,
    ],
    // Ports and addresses.
    ["(10.0.0.5, -1, 203.0.113.80, 443)", digits, '"-"'],
    [
      "(203.0.113.80, 443, localhost, 80)",
      "an address is numbers, not a host name that has to be looked up",
      '"localhost"',
    ],
    [
      "(10.5, 51234, 203.0.113.80, 443)",
      "an IPv4 address has four parts with points between",
      '2 in "10.5"',
    ],
    // Two families.
    ["(10.0.0.5, 51234, ::1, 443)", family, "IPv4 and IPv6"],
    ["[::1]:51234 -> 10.0.0.5:443", family, "IPv6 and IPv4"],
    ["[::ffff:10.0.0.5]:51234 -> 10.0.0.5:443", family, "IPv6 and IPv4"],
  ];
  for (const [text, rule, got] of table) {
    const { message } = assertThrows(() => parseFourTuple(text), SyntaxError, "", text);
    assertEquals(message, `Cannot parse four-tuple ${JSON.stringify(text)}: ${rule}, got ${got}`);
  }
});

Deno.test("parseFourTuple() refuses a port out of bounds and what is no text", () => {
  assertEquals(
    assertThrows(() => parseFourTuple("(10.0.0.5, 51234, 10.0.0.6, 65536)"), RangeError).message,
    'Cannot parse four-tuple "(10.0.0.5, 51234, 10.0.0.6, 65536)": a port is at most 65535, ' +
      "got 65536",
  );
  assertEquals(
    assertThrows(() => parseFourTuple(["10.0.0.5", 51234] as unknown as string), TypeError).message,
    "Cannot parse four-tuple an array: the input is a string, got an array",
  );
});

Deno.test("FourTuple.from() refuses two families and what is no endpoint", () => {
  const make = FourTuple.from as (...parts: unknown[]) => FourTuple;
  const ipv4 = parseEndpoint("127.0.0.1:80");
  const table: [parts: unknown[], message: string][] = [
    [
      [ipv4, parseEndpoint("[::1]:80")],
      'Cannot make a four-tuple of "127.0.0.1:80" and "[::1]:80": both addresses are of one ' +
      "family, got IPv4 and IPv6",
    ],
    [
      [parseEndpoint("[::ffff:127.0.0.1]:80"), ipv4],
      'Cannot make a four-tuple of "[::ffff:127.0.0.1]:80" and "127.0.0.1:80": both addresses ' +
      "are of one family, got IPv6 and IPv4",
    ],
    [
      [ipv4],
      'Cannot make a four-tuple of "127.0.0.1:80" and "undefined": the remote side is an ' +
      "Endpoint, got undefined",
    ],
    [
      [ipv4, "127.0.0.1:81"],
      'Cannot make a four-tuple of "127.0.0.1:80" and "127.0.0.1:81": the remote side is an ' +
      "Endpoint, got a string",
    ],
    [
      ["127.0.0.1:80", ipv4],
      'Cannot make an endpoint of "undefined": an endpoint is made of an address and a port, or ' +
      'of an object with "hostname" and "port", got undefined',
    ],
    [
      [null],
      'Cannot make an endpoint of "undefined": an endpoint is made of an address and a port, or ' +
      'of an object with "hostname" and "port", got undefined',
    ],
  ];
  for (const [parts, message] of table) {
    assertEquals(assertThrows(() => make(...parts), TypeError).message, message);
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
