import { assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { Endpoint, parseEndpoint } from "fourtuple";
import { packSockaddr, unpackSockaddr } from "../../lib/system/sockaddr.ts";

// What a C program finds in memory, byte for byte.
const PACKED: readonly (readonly [endpoint: string, scope: number, hex: string])[] = [
  ["127.0.0.1:80", 0, "0200 0050 7f000001 0000000000000000"],
  ["0.0.0.0:0", 0, "0200 0000 00000000 0000000000000000"],
  ["203.0.113.80:65535", 0, "0200 ffff cb007150 0000000000000000"],
  ["[::1]:8080", 0, "0a00 1f90 00000000 00000000000000000000000000000001 00000000"],
  ["[::]:0", 0, "0a00 0000 00000000 00000000000000000000000000000000 00000000"],
  ["[fe80::1]:443", 2, "0a00 01bb 00000000 fe800000000000000000000000000001 02000000"],
  ["[::ffff:10.0.0.5]:1", 0, "0a00 0001 00000000 00000000000000000000ffff0a000005 00000000"],
];

Deno.test("packSockaddr() writes what the kernel reads, unpackSockaddr() reads it", () => {
  for (const [text, scope, hex] of PACKED) {
    const endpoint = parseEndpoint(text);
    const bytes = Uint8Array.fromHex(hex.replaceAll(" ", ""));
    assertEquals(packSockaddr(endpoint, scope), bytes, text);
    assertEquals(unpackSockaddr(bytes), { endpoint, scope }, text);
  }
});

Deno.test("unpackSockaddr() reads an address in the middle of other bytes", () => {
  const bytes = Uint8Array.fromHex("ffffff020000507f0000010000000000000000ffff");
  assertEquals(String(unpackSockaddr(bytes.subarray(3, 19))?.endpoint), "127.0.0.1:80");
});

Deno.test("unpackSockaddr() knows no address in anything else", () => {
  for (
    const hex of [
      "",
      "02",
      "0200", // IPv4, cut off
      "0200 0050 7f000001 00000000000000",
      "0a00 0050 00000000 00000000000000000000000000000001 000000",
      "0000 0050 7f000001 0000000000000000", // AF_UNSPEC
      "0100 2f746d70 0000000000000000000000", // AF_UNIX
      "0002 0050 7f000001 0000000000000000", // the family in network order
    ]
  ) {
    assertStrictEquals(unpackSockaddr(Uint8Array.fromHex(hex.replaceAll(" ", ""))), undefined, hex);
  }
});

Deno.test("unpackSockaddr() undoes packSockaddr(), for every endpoint", () => {
  const ipv4 = fc.uint8Array({ minLength: 4, maxLength: 4 });
  const ipv6 = fc.uint8Array({ minLength: 16, maxLength: 16 });
  fc.assert(
    fc.property(fc.oneof(ipv4, ipv6), fc.nat(65535), fc.nat(2 ** 32 - 1), (bytes, port, index) => {
      const endpoint = Endpoint.fromBytes(bytes, port);
      const scope = bytes.length === 4 ? 0 : index;
      assertEquals(unpackSockaddr(packSockaddr(endpoint, scope)), { endpoint, scope });
    }),
  );
});
