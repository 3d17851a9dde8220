import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  type AddressFamily,
  PortRange,
  Socket,
  SocketError,
  type SocketOptionName,
  type SocketOptionValues,
} from "fourtuple";
import { numbersOf, readOption, writeOption } from "../../lib/sockets/_option_encoding.ts";

const NO_SOCKET = { family: "IPv4" } as const;

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
  ["sendBufferSize", 65536, 1, 7, "00000100"],
  ["receiveBufferSize", 2 ** 31 - 1, 1, 8, "ffffff7f"],
];

Deno.test("writeOption() writes what the kernel reads, readOption() reads it", () => {
  for (const [name, value, level, number, hex] of WRITTEN) {
    const written = writeOption(name, value as never, NO_SOCKET);
    assertEquals(written, { level, number, value: Uint8Array.fromHex(hex) }, `${name} ${value}`);
    assertEquals(readOption(name, written.value), value as never, `${name} ${value}`);
  }
});

Deno.test("writeOption() takes IPv6's own number where there is one", () => {
  const { level, number } = writeOption("receiveErrors", true, { family: "IPv6" });
  assertEquals([level, number], [41, 25]);
  assertEquals(numbersOf("localPortRange", "IPv6").level, 0);
});

Deno.test("readOption() tells a pending error by its name, and none as undefined", () => {
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
          readOption("localPortRange", writeOption("localPortRange", range, NO_SOCKET).value),
          range,
        );
        assertEquals(readOption("linger", writeOption("linger", n, NO_SOCKET).value), n);
      },
    ),
  );
});

const FLAG = "its value is true or false, got";
const SECONDS = "its value is a whole number of seconds from 0 to 2147483647, or undefined, got";
const BYTES = "its value is a whole number of bytes from 0 to 2147483647, got";
const RANGE = "its value is a PortRange that begins above port 0, or undefined, got";

const REFUSED: readonly (readonly [
  name: string,
  value: unknown,
  type: typeof TypeError | typeof RangeError,
  message: string,
])[] = [
  ["noDelay", 1, TypeError, `Cannot set the option "noDelay" to "1": ${FLAG} 1`],
  ["noDelay", "yes", TypeError, `Cannot set the option "noDelay" to "yes": ${FLAG} yes`],
  [
    "noDelay",
    undefined,
    TypeError,
    `Cannot set the option "noDelay" to "undefined": ${FLAG} undefined`,
  ],
  ["linger", -1, RangeError, `Cannot set the option "linger" to "-1": ${SECONDS} -1`],
  ["linger", 0.5, RangeError, `Cannot set the option "linger" to "0.5": ${SECONDS} 0.5`],
  ["linger", NaN, RangeError, `Cannot set the option "linger" to "NaN": ${SECONDS} NaN`],
  ["linger", false, TypeError, `Cannot set the option "linger" to "false": ${SECONDS} false`],
  [
    "sendBufferSize",
    2 ** 31,
    RangeError,
    `Cannot set the option "sendBufferSize" to "2147483648": ${BYTES} 2147483648`,
  ],
  [
    "receiveBufferSize",
    "4096",
    TypeError,
    `Cannot set the option "receiveBufferSize" to "4096": ${BYTES} 4096`,
  ],
  [
    "localPortRange",
    PortRange.from(0, 9),
    TypeError,
    `Cannot set the option "localPortRange" to "0-9": ${RANGE} an object`,
  ],
  [
    "localPortRange",
    4000,
    TypeError,
    `Cannot set the option "localPortRange" to "4000": ${RANGE} 4000`,
  ],
  [
    "pendingError",
    "EPIPE",
    TypeError,
    'Cannot set the option "pendingError" to "EPIPE": it can only be read, got EPIPE',
  ],
  [
    "nodelay",
    true,
    TypeError,
    'Cannot use the option "nodelay": the options are reuseAddress, reusePort, linger, v6Only, ' +
    "noDelay, bindAddressNoPort, localPortRange, receiveErrors, keepAlive, sendBufferSize, " +
    'receiveBufferSize, pendingError, got "nodelay"',
  ],
];

Deno.test("writeOption() refuses what is no such option or no such value", () => {
  for (const [name, value, type, message] of REFUSED) {
    const error = assertThrows(() => writeOption(name as never, value as never, NO_SOCKET), type);
    assertEquals(error.message, message);
  }
  assertThrows(() => numbersOf("toString" as never, "IPv4"), TypeError, "Cannot use the option");
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

Deno.test("Socket.setOption() says that a socket of this kind does not know an option", () => {
  using socket = Socket.udp();
  const error = assertThrows(() => socket.setOption("v6Only", true), SocketError);
  assertEquals(
    error.message,
    'Cannot set the option "v6Only": this kernel, or a socket of this kind, does not know the ' +
      "option, got ENOPROTOOPT",
  );
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
