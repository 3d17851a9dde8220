import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  type AddressFamily,
  PortRange,
  Socket,
  SocketError,
  type SocketOptionName,
  type SocketOptionValues,
} from "fourtuple";
import type { Refusal } from "../../lib/refusal.ts";
import { readOption, roomForOption, writeOption } from "../../lib/sockets/options.ts";

// Level, number and bytes, as Linux's header files have them.
const WRITTEN: readonly (readonly [
  name: SocketOptionName,
  value: unknown,
  level: number,
  number: number,
  hex: string,
])[] = [
  ["reuseAddress", true, 1, 2, "01000000"],
  ["reuseAddress", false, 1, 2, "00000000"],
  ["reusePort", true, 1, 15, "01000000"],
  ["linger", undefined, 1, 13, "0000000000000000"],
  ["linger", 0, 1, 13, "0100000000000000"],
  ["linger", 258, 1, 13, "0100000002010000"],
  ["v6Only", true, 41, 26, "01000000"],
  ["noDelay", true, 6, 1, "01000000"],
  ["bindAddressNoPort", true, 0, 24, "01000000"],
  ["localPortRange", PortRange.from(40000, 40003), 0, 51, "409c439c"], // high << 16 | low
  ["localPortRange", PortRange.from(65535, 65535), 0, 51, "ffffffff"],
  ["localPortRange", undefined, 0, 51, "00000000"],
  ["receiveErrors", true, 0, 11, "01000000"],
  ["keepAlive", true, 1, 9, "01000000"],
  ["keepAliveIdle", 258, 6, 4, "02010000"],
  ["keepAliveInterval", 1, 6, 5, "01000000"],
  ["keepAliveCount", 127, 6, 6, "7f000000"],
  ["userTimeout", 1000, 6, 18, "e8030000"],
  ["sendBufferSize", 65536, 1, 7, "00000100"],
  ["receiveBufferSize", 2 ** 31 - 1, 1, 8, "ffffff7f"],
];

Deno.test("writeOption() writes what the kernel reads, readOption() reads it", () => {
  for (const [name, value, level, number, hex] of WRITTEN) {
    const written = writeOption(name, value as never, "IPv4");
    assertEquals(written, { level, number, value: Uint8Array.fromHex(hex) }, `${name} ${value}`);
    assertEquals(readOption(name, written.value), value as never, `${name} ${value}`);
  }
});

Deno.test("writeOption() uses the number of IPv6 where it has one", () => {
  const { level, number } = writeOption("receiveErrors", true, "IPv6");
  assertEquals([level, number], [41, 25]);
  assertEquals(roomForOption("localPortRange", "IPv6").level, 0);
});

Deno.test("readOption() returns the name of a pending error, and undefined for none", () => {
  assertEquals(readOption("pendingError", Uint8Array.fromHex("6f000000")), "ECONNREFUSED");
  assertEquals(readOption("pendingError", Uint8Array.fromHex("00000000")), undefined);
});

Deno.test("readOption() reads a range of which the kernel knows only the lower end", () => {
  assertEquals(
    readOption("localPortRange", Uint8Array.fromHex("409c0000")),
    PortRange.from(40000, 65535),
  );
});

Deno.test("readOption() undoes writeOption(), for every range and count", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 65535 }),
      fc.nat(65535),
      fc.nat(2 ** 31 - 1),
      (a, b, n) => {
        const range = PortRange.from(a, Math.max(a, b));
        assertEquals(
          readOption("localPortRange", writeOption("localPortRange", range, "IPv4").value),
          range,
        );
        assertEquals(readOption("linger", writeOption("linger", n, "IPv4").value), n);
      },
    ),
  );
});

const REFUSED: readonly (readonly [
  name: string,
  value: unknown,
  Class: typeof TypeError | typeof RangeError,
  rule: string,
  part: string,
])[] = [
  ["noDelay", 1, TypeError, "true or false", "1"],
  ["noDelay", "yes", TypeError, "true or false", '"yes"'],
  ["noDelay", undefined, TypeError, "true or false", "undefined"],
  ["linger", -1, RangeError, "seconds from 0 to 2147483647, or undefined", "-1"],
  ["linger", 0.5, RangeError, "a whole number of seconds", "0.5"],
  ["linger", NaN, RangeError, "a whole number of seconds", "NaN"],
  ["linger", false, TypeError, "a whole number of seconds", "a boolean"],
  ["sendBufferSize", 2 ** 31, RangeError, "bytes from 0 to 2147483647", "2147483648"],
  ["receiveBufferSize", "4096", TypeError, "a whole number of bytes", '"4096"'],
  ["keepAliveIdle", 0, RangeError, "seconds from 1 to 32767", "0"],
  ["keepAliveInterval", 32_768, RangeError, "seconds from 1 to 32767", "32768"],
  ["keepAliveCount", 128, RangeError, "a whole number from 1 to 127", "128"],
  ["keepAliveCount", true, TypeError, "a whole number from 1 to 127", "a boolean"],
  ["userTimeout", -1, RangeError, "milliseconds from 0 to 2147483647", "-1"],
  ["localPortRange", PortRange.from(0, 9), TypeError, "begins above port 0", "an object"],
  ["localPortRange", 4000, TypeError, "a PortRange", "4000"],
  ["pendingError", "EPIPE", TypeError, "only read", '"EPIPE"'],
  ["nodelay", true, TypeError, "noDelay", '"nodelay"'],
];

Deno.test("writeOption() refuses unknown options and values", () => {
  for (const [name, value, Class, rule, part] of REFUSED) {
    const write = () => writeOption(name as never, value as never, "IPv4");
    const error = assertThrows(write, Class) as Refusal;
    assertStringIncludes(error.rule, rule);
    assertEquals(error.part, part);
  }
  assertThrows(() => roomForOption("toString" as never, "IPv4"), TypeError);
});

const LIVE: readonly (readonly [
  protocol: "tcp" | "udp",
  family: AddressFamily,
  name: SocketOptionName,
  values: readonly unknown[],
])[] = [
  ["tcp", "IPv4", "reuseAddress", [true, false]],
  ["tcp", "IPv6", "reuseAddress", [true, false]],
  ["udp", "IPv4", "reusePort", [true, false]],
  ["tcp", "IPv4", "linger", [0, 5, undefined]],
  ["tcp", "IPv6", "v6Only", [true, false]],
  ["udp", "IPv6", "v6Only", [true, false]],
  ["tcp", "IPv6", "noDelay", [true, false]],
  ["tcp", "IPv4", "bindAddressNoPort", [true, false]],
  ["udp", "IPv4", "receiveErrors", [true, false]],
  ["udp", "IPv6", "receiveErrors", [true, false]],
  ["tcp", "IPv4", "keepAlive", [true, false]],
  ["tcp", "IPv4", "keepAliveIdle", [1, 32_767]],
  ["tcp", "IPv6", "keepAliveInterval", [1, 32_767]],
  ["tcp", "IPv4", "keepAliveCount", [1, 127]],
  ["tcp", "IPv6", "userTimeout", [1, 0]],
];

Deno.test("Socket.setOption() sets what Socket.getOption() then reads", () => {
  for (const [protocol, family, name, values] of LIVE) {
    using socket = Socket[protocol]({ family });
    for (const value of values) {
      socket.setOption(name, value as never);
      assertEquals(socket.getOption(name), value as never, `${protocol} ${family} ${name}`);
    }
  }
});

Deno.test("Socket.setOption() sets buffer sizes, which Linux doubles", () => {
  using socket = Socket.udp();
  for (const name of ["sendBufferSize", "receiveBufferSize"] as const) {
    socket.setOption(name, 20_000);
    assertEquals(socket.getOption(name), 40_000);
  }
});

Deno.test("Socket.setOption() fails for an option that the socket does not have", () => {
  using socket = Socket.udp();
  const error = assertThrows(() => socket.setOption("v6Only", true), SocketError);
  assertEquals([error.call, error.code], ["setsockopt", "ENOPROTOOPT"]);
});

Deno.test("Socket options of a new socket are as documented", () => {
  using socket = Socket.tcp({ family: "IPv6" });
  const unset: Partial<SocketOptionValues> = {
    reuseAddress: false,
    reusePort: false,
    linger: undefined,
    noDelay: false,
    bindAddressNoPort: false,
    receiveErrors: false,
    keepAlive: false,
  };
  for (const [name, value] of Object.entries(unset)) {
    assertEquals(socket.getOption(name as SocketOptionName), value as never, name);
  }
  assertEquals(socket.getOption("pendingError"), undefined);
});
