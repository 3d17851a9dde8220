import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Endpoint, parseEndpoint } from "fourtuple";
import { refused } from "../_refused.ts";
import { isIPv4, isIPv6 } from "node:net";
import { endpoint } from "./_laws.ts";

Deno.test("parseEndpoint() reads an endpoint and writes it in one spelling", () => {
  const table: [text: string, canonical: string, why: string][] = [
    ["127.0.0.1:80", "127.0.0.1:80", "IPv4"],
    ["0.0.0.0:0", "0.0.0.0:0", "the lowest"],
    ["255.255.255.255:65535", "255.255.255.255:65535", "the highest"],
    ["10.0.0.5:00080", "10.0.0.5:80", "a port's leading zeros mean nothing"],
    ["[::1]:80", "[::1]:80", "IPv6"],
    ["[::]:0", "[::]:0", "all zeros"],
    ["[2001:DB8::A]:443", "[2001:db8::a]:443", "RFC 5952, 4.3: small letters"],
    ["[2001:0db8::0001]:443", "[2001:db8::1]:443", "4.1: no leading zeros"],
    ["[2001:db8:0:0:0:0:2:1]:1", "[2001:db8::2:1]:1", "4.2.1: as short as can be"],
    ["[2001:db8::1:1:1:1:1]:1", "[2001:db8:0:1:1:1:1:1]:1", "4.2.2: not for one group"],
    ["[2001:0:0:1:0:0:0:1]:1", "[2001:0:0:1::1]:1", "4.2.3: the longest run"],
    ["[2001:db8:0:0:1:0:0:1]:1", "[2001:db8::1:0:0:1]:1", "4.2.3: of equal runs the first"],
    ["[::ffff:127.0.0.1]:80", "[::ffff:127.0.0.1]:80", "5: mapped, its end as IPv4"],
    ["[::FFFF:7F00:1]:80", "[::ffff:127.0.0.1]:80", "mapped, written in groups"],
    ["[0:0:0:0:0:ffff:1.2.3.4]:80", "[::ffff:1.2.3.4]:80", "mapped, written in full"],
    ["[::127.0.0.1]:80", "[::7f00:1]:80", "IPv4-compatible, which is not mapped"],
    ["[64:ff9b::192.0.2.33]:80", "[64:ff9b::c000:221]:80", "a NAT64 address is not mapped"],
    ["[::ffff:0:1.2.3.4]:80", "[::ffff:0:102:304]:80", "a translated address is not mapped"],
    ["[fe80::1%eth0]:80", "[fe80::1%eth0]:80", "a zone with a name"],
    ["[FE80::1%Eth0]:80", "[fe80::1%Eth0]:80", "a zone keeps its capitals"],
    ["[fe80::1%12]:80", "[fe80::1%12]:80", "a zone with a number"],
    ["[fe80::1%br_lan-1.100~]:80", "[fe80::1%br_lan-1.100~]:80", "every mark of a zone"],
  ];
  for (const [text, canonical, why] of table) {
    assertEquals(String(parseEndpoint(text)), canonical, why);
  }
});

Deno.test("parseEndpoint() refuses what is no endpoint and says the rule and the part", () => {
  const ascii = "an address is ASCII characters without blanks";
  const decimal = "each part of an IPv4 address is decimal digits and nothing else";
  const octal = "a part of an IPv4 address has no leading zero, which some programs read as octal";
  const four = "an IPv4 address has four parts separated by dots";
  const low = "each part of an IPv4 address is at most 255";
  const name = "an address is numbers, not a host name that has to be resolved";
  const hex = "an IPv6 address is hexadecimal digits and colons";
  const group = "there is a group before and after each colon";
  const digits = "a port is one or more decimal digits and nothing else";
  const table: [text: string, rule: string, got: string][] = [
    // A side is missing.
    ["", "an endpoint is an address, a colon and a port", '""'],
    ["127.0.0.1", "an endpoint is an address, a colon and a port", '"127.0.0.1"'],
    ["80", "an endpoint is an address, a colon and a port", '"80"'],
    [":80", "the address is missing", '""'],
    ["[]:80", "the address is missing", '""'],
    ["127.0.0.1:", "a port is one or more decimal digits and nothing else", '""'],
    ["[::1]:", "a port is one or more decimal digits and nothing else", '""'],
    ["[::1]", "a colon and a port follow the bracket", '""'],
    // URLs.
    [
      "https://8.8.8.8:443",
      "an endpoint is an address and a port alone, without the rest of a URL",
      '"https://"',
    ],
    // Brackets.
    ["::1:80", "an IPv6 address is in brackets", '"::1"'],
    ["1:2:3:4:5:6:7:8:80", "an IPv6 address is in brackets", '"1:2:3:4:5:6:7:8"'],
    ["[::1:80", "a bracket that opens is closed", '"[::1:80"'],
    ["[::1]80", "a colon and a port follow the bracket", '"80"'],
    ["[127.0.0.1]:80", "brackets are for IPv6 addresses", '"[127.0.0.1]"'],
    ["[[::1]]:80", "a colon and a port follow the bracket", '"]:80"'],
    ["[[::1]:80", hex, '"["'],
    // Names and signs.
    ["localhost:80", name, '"localhost"'],
    ["example.com.:80", name, '"example.com."'],
    ["[localhost]:80", name, '"localhost"'],
    ["*:80", decimal, '"*"'],
    ["-1.2.3.4:80", decimal, '"-1"'],
    ["+1.2.3.4:80", decimal, '"+1"'],
    ["1.2.3.-0:80", decimal, '"-0"'],
    // Blanks and digits of other scripts.
    [" 127.0.0.1:80", ascii, '" " (U+0020)'],
    ["127.0.0.1 :80", ascii, '" " (U+0020)'],
    ["[ ::1]:80", ascii, '" " (U+0020)'],
    ["127.0.0.1\n:80", ascii, '"\\n" (U+000A)'],
    ["１27.0.0.1:80", ascii, '"１" (U+FF11)'],
    ["127.0.0.1:８0", digits, '"８" (U+FF18)'],
    ["[::١]:80", ascii, '"١" (U+0661)'],
    // inet_aton(3) reads these, though they are not four decimal parts.
    ["127.1:80", four, '2 in "127.1"'],
    ["2130706433:80", four, '1 in "2130706433"'],
    ["1.2.3.4.5:80", four, '5 in "1.2.3.4.5"'],
    ["0177.0.0.1:80", octal, '"0177"'],
    ["127.0.0.01:80", octal, '"01"'],
    ["0x7f.0.0.1:80", decimal, '"0x7f"'],
    ["0x7f000001:80", decimal, '"0x7f000001"'],
    ["1..3.4:80", decimal, '""'],
    ["1.2.3.:80", decimal, '""'],
    ["1.2.3.4e0:80", decimal, '"4e0"'],
    ["256.0.0.1:80", low, '"256"'],
    ["1.2.3.99999999999999999999:80", low, '"99999999999999999999"'],
    // IPv6.
    ["[:]:80", group, "none"],
    ["[:1:2:3:4:5:6:7:8]:80", group, "none"],
    ["[1:2:3:4:5:6:7:8:]:80", group, "none"],
    ["[1:::2]:80", 'zeros are left out with "::"', '":::"'],
    ["[1::2::3]:80", 'zeros are left out once, with one "::"', "2 of them"],
    ["[1:2:3:4:5:6:7]:80", "an IPv6 address has eight groups", "7"],
    ["[1:2:3:4:5:6:7:8:9]:80", "an IPv6 address has eight groups", "9"],
    ["[1::2:3:4:5:6:7:8]:80", 'an IPv6 address with "::" has at most seven groups', "8"],
    ["[::12345]:80", "a group of an IPv6 address has at most four hexadecimal digits", '"12345"'],
    ["[::00001]:80", "a group of an IPv6 address has at most four hexadecimal digits", '"00001"'],
    ["[::g]:80", hex, '"g"'],
    ["[::-1]:80", hex, '"-"'],
    ["[1.2.3.4::]:80", hex, '"."'],
    ["[::ffff:127.1]:80", four, '2 in "127.1"'],
    ["[::ffff:010.0.0.1]:80", octal, '"010"'],
    ["[::ffff:1.2.3.256]:80", low, '"256"'],
    // Zones.
    ["[fe80::1%]:80", "a zone has a name or a number after the %", '""'],
    ["[fe80::1%e/0]:80", "a zone is letters, digits and the characters - . _ ~", '"/"'],
    ["[fe80::1%a%b]:80", "a zone is letters, digits and the characters - . _ ~", '"%"'],
    ["[::ffff:1.2.3.4%eth0]:80", "an IPv4-mapped address has no zone, as IPv4 has none", "%eth0"],
    ["127.0.0.1%eth0:80", "only an IPv6 address has a zone", '"%eth0"'],
    // Ports.
    ["127.0.0.1:-0", digits, '"-"'],
    ["127.0.0.1:+80", digits, '"+"'],
    ["127.0.0.1:80.5", digits, '"."'],
    ["127.0.0.1:8e1", digits, '"e"'],
    ["127.0.0.1:0x50", digits, '"x"'],
    ["127.0.0.1: 80", digits, '" " (U+0020)'],
    ["[::1]:80 ", digits, '" " (U+0020)'],
    ["127.0.0.1:http", digits, '"http"'],
  ];
  for (const [text, rule, got] of table) {
    const error = refused(() => parseEndpoint(text), SyntaxError);
    assertEquals([error.rule, error.part], [rule, got], text);
    assert(
      error.message.startsWith(`Cannot parse endpoint ${JSON.stringify(text)}: `),
      error.message,
    );
  }
});

Deno.test("parseEndpoint() refuses a port out of bounds and what is no string", () => {
  assertEquals(refused(() => parseEndpoint("[::1]:65536"), RangeError).part, "65536");
  const error = refused(() => parseEndpoint(80 as unknown as string), TypeError);
  assertEquals(error.rule, "the input is a string");
});

Deno.test("Endpoint.from() takes an address and a port apart", () => {
  for (const port of [0, 80, 65535]) {
    assertEquals(String(Endpoint.from("127.0.0.1", port)), `127.0.0.1:${port}`);
    assertEquals(String(Endpoint.from("fe80::1%eth0", String(port))), `[fe80::1%eth0]:${port}`);
  }
  const { address, port, family, zone } = Endpoint.from("FE80:0::1%eth0", 80);
  assertEquals([address, port, family, zone], ["fe80::1", 80, "IPv6", "eth0"]);
});

Deno.test("Endpoint.from() refuses every wrong part", () => {
  const table: [parts: [unknown, unknown?], type: ErrorConstructor, part: string][] = [
    [["127.1", 80], SyntaxError, '2 in "127.1"'],
    [["[::1]", 80], SyntaxError, '"["'],
    [[{ hostname: "localhost", port: 80 }], SyntaxError, '"localhost"'],
    [["::1", "80abc"], SyntaxError, '"abc"'],
    [["::1", NaN], RangeError, "NaN"],
    [["::1", 80.5], RangeError, "80.5"],
    [["::1", 65536], RangeError, "65536"],
    [["::1", -1], RangeError, "-1"],
    [["::1", -0], RangeError, "-0"],
    [["::1", Infinity], RangeError, "Infinity"],
    [["::1", "65536"], RangeError, "65536"],
    [["::1", null], TypeError, "null"],
    [["::1"], TypeError, "undefined"],
    [[80], TypeError, "a number"],
    [[null], TypeError, "null"],
    [[{ transport: "unix", path: "/run/x.sock" }], TypeError, "hostname undefined"],
  ];
  for (const [parts, type, part] of table) {
    const make = Endpoint.from as (...parts: unknown[]) => Endpoint;
    assertEquals(refused(() => make(...parts), type).part, part);
  }
});

Deno.test("Endpoint.from() takes Deno's addresses, over IPv4 and IPv6", async () => {
  for (const hostname of ["127.0.0.1", "::1"]) {
    using listener = Deno.listen({ hostname, port: 0 });
    const dialled = Deno.connect({ hostname, port: listener.addr.port });
    using accepted = await listener.accept();
    using client = await dialled;
    assert(Endpoint.from(client.localAddr).equals(Endpoint.from(accepted.remoteAddr)));
    assertEquals(Endpoint.from(client.remoteAddr).port, listener.addr.port);
    assertEquals(Endpoint.from(listener.addr).address, hostname);
  }
});

Deno.test("Endpoint.fromBytes() takes 4 or 16 bytes and a port", () => {
  const short = refused(() => Endpoint.fromBytes(new Uint8Array([1, 2, 3]), 80), RangeError);
  assertEquals([short.rule, short.part], ["an address has 4 or 16 bytes", "3"]);
  assertEquals(
    refused(() => Endpoint.fromBytes(new Uint8Array(4), 65536), RangeError).part,
    "65536",
  );
  const inTheMiddle = new Uint8Array([9, 9, ...new Array(15).fill(0), 1, 9]).subarray(2, 18);
  assertEquals(String(Endpoint.fromBytes(inTheMiddle, 80)), "[::1]:80");
});

Deno.test("Endpoint recognises loopback and wildcard addresses, also mapped ones", () => {
  const table: [address: string, isLoopback: boolean, isWildcard: boolean][] = [
    ["127.0.0.1", true, false],
    ["127.255.255.255", true, false],
    ["::1", true, false],
    ["::ffff:127.0.0.2", true, false],
    ["0.0.0.0", false, true],
    ["::", false, true],
    ["::ffff:0.0.0.0", false, true],
    ["128.0.0.1", false, false],
    ["0.0.0.1", false, false],
    ["::7f00:1", false, false],
  ];
  for (const [address, isLoopback, isWildcard] of table) {
    const made = Endpoint.from(address, 80);
    assertEquals([made.isLoopback, made.isWildcard], [isLoopback, isWildcard], address);
  }
});

Deno.test("Endpoint.unmapped() leaves all but mapped addresses as they are", () => {
  const mapped = Endpoint.from("::ffff:10.0.0.5", 80);
  assert(!mapped.equals(mapped.unmapped()));
  assertEquals(String(mapped.unmapped()), "10.0.0.5:80");
  for (const address of ["10.0.0.5", "::1", "::7f00:1", "fe80::1%eth0"]) {
    const plain = Endpoint.from(address, 80);
    assertStrictEquals(plain.unmapped(), plain);
  }
});

Deno.test("Endpoint cannot be changed", () => {
  const made = Endpoint.from("127.0.0.1", 80) as { port: number };
  assertThrows(() => made.port = 81, TypeError);
});

Deno.test("parseEndpoint() undoes toString(), for every endpoint", () => {
  fc.assert(fc.property(endpoint, (any) => {
    const back = parseEndpoint(String(any));
    assertEquals({ ...back }, { ...any });
  }));
});

Deno.test("Endpoint.fromBytes() undoes toBytes(), for every endpoint without a zone", () => {
  fc.assert(fc.property(endpoint, (any) => {
    const back = Endpoint.fromBytes(any.toBytes(), any.port);
    assertEquals(back.equals(any), any.zone === undefined);
    assertEquals(back.address, any.address);
  }));
});

Deno.test("Endpoint.equals() holds exactly when the texts are equal", () => {
  fc.assert(fc.property(endpoint, endpoint, (one, other) => {
    assertEquals(one.equals(other), String(one) === String(other));
    assert(one.equals(parseEndpoint(String(one))));
  }));
});

Deno.test("Endpoint.from() takes the addresses that node:net takes, and no others", () => {
  const piece = fc.constantFrom(
    ..."0 1 9 25 255 256 01 0x1 1.2.3.4 ffff A g 12345 00001 %eth0 %1".split(" "),
    ..."::.".repeat(3),
    " ",
    "-",
    "１",
  );
  const near = fc.array(piece, { minLength: 1, maxLength: 16 }).map((pieces) => pieces.join(""));
  const dotted = fc.array(fc.oneof(fc.nat(300).map(String), piece), { minLength: 3, maxLength: 5 })
    .map((parts) => parts.join("."));
  const grouped = fc.array(fc.constantFrom("0", "1", "ffff", "", "10000", "1.2.3.4"), {
    minLength: 2,
    maxLength: 9,
  }).map((parts) => parts.join(":"));
  const seen = { taken: 0, refused: 0 };
  fc.assert(
    fc.property(fc.oneof(near, dotted, grouped), (text) => {
      // Where the kit is stricter: a zone has no colon, a mapped address has no zone.
      fc.pre(!/%.*[:%]|^[0:]*:ffff:[^:]*(:[^:]*)?%/i.test(text));
      const wanted = isIPv4(text) || isIPv6(text);
      assertEquals(isAddress(text), wanted, text);
      seen[wanted ? "taken" : "refused"]++;
    }),
    { numRuns: 5_000 },
  );
  assert(seen.taken > 100 && seen.refused > 100, JSON.stringify(seen));
});

function isAddress(text: string): boolean {
  try {
    Endpoint.from(text, 0);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
