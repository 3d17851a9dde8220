import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import fc from "fast-check";
import { DumpError, type DumpFault, DumpReader } from "../../../lib/observe/sources/_diag_dump.ts";
import { type DiagRow, DiagTable } from "../../../lib/observe/sources/_diag_row.ts";
import { plainConnection } from "../../../lib/observe/rows/connection.ts";
import { Endpoint, isPort } from "fourtuple";
import { datagram, DONE, message, number, rowPayload } from "./_diag_messages.ts";

const TABLE = new DiagTable({ protocol: "tcp", family: "IPv4" }, String);
const row = (parts = {}, flags = {}) => message(20, rowPayload(parts), flags);

/** Reads datagrams as the kernel would send them, one after the other. */
function read(...datagrams: readonly Uint8Array<ArrayBuffer>[]): readonly DiagRow[] {
  const reader = new DumpReader(TABLE, 1);
  const last = datagrams.findIndex((each) => reader.read(each));
  if (last !== datagrams.length - 1) throw new Error(`ended with datagram ${last}`);
  return reader.rows;
}

Deno.test("DumpReader reads every field of a row", () => {
  const [only] = read(datagram(row(), DONE));
  assertEquals(plainConnection(only!), {
    protocol: "tcp",
    family: "IPv4",
    state: "ESTABLISHED",
    local: Endpoint.from("127.0.0.1", 8080),
    remote: Endpoint.from("127.0.0.2", 40000),
    receiveQueue: 3,
    sendQueue: 4,
    uid: 1000,
    inode: 99,
    cookie: 2 ** 32 + 5,
    timer: { kind: "keepalive", milliseconds: 7200, expirations: 1 },
  });
});

Deno.test("DumpReader reads dumps of several datagrams, and skips what is of an earlier one", () => {
  const stray = row({ localPort: 1 }, { sequence: 7 });
  const rows = read(
    datagram(row({ localPort: 10 }), stray, row({ localPort: 11 })),
    datagram(message(3, number(0), { sequence: 7 })),
    datagram(message(1, new Uint8Array())),
    datagram(row({ localPort: 12 })),
    datagram(DONE),
  );
  assertEquals(rows.map(({ localPort }) => localPort), [10, 11, 12]);
  assertEquals(read(datagram(message(3, new Uint8Array()))), []);
});

Deno.test("DumpReader tells by name what is wrong with a dump", () => {
  const table: [datagrams: Uint8Array, fault: DumpFault, part: string][] = [
    [datagram(message(2, number(-2))), "refused", "ENOENT"],
    [datagram(message(3, number(-1))), "refused", "EPERM"],
    [datagram(row({}, { flags: 0x12 }), DONE), "interrupted", "a table that changed"],
    [
      datagram(row(), message(3, number(0), { flags: 0x12 })),
      "interrupted",
      "a table that changed",
    ],
    [datagram(message(4, new Uint8Array())), "overrun", "an overrun"],
    [new Uint8Array(), "unfinished", "an empty datagram"],
    [new Uint8Array(15), "malformed", "15 bytes"],
    [new Uint8Array(16), "malformed", "a message of 0 bytes where 16 are"],
    [row().slice(0, 60), "malformed", "a message of 96 bytes where 60 are"],
    [datagram(message(20, new Uint8Array(71))), "malformed", "a row of 71 bytes"],
    [row({ family: 10 }).slice(), "malformed", "family 10"],
    [row({ state: 14 }).slice(), "malformed", "state 14"],
    [datagram(message(2, new Uint8Array())), "malformed", "an error of no number"],
    [datagram(message(99, new Uint8Array())), "malformed", "a message of type 99"],
  ];
  for (const [bytes, fault, part] of table) {
    const error = assertThrows(() => read(Uint8Array.from(bytes)), DumpError, part);
    assertEquals(error.fault, fault);
  }
});

Deno.test("DumpReader reads rows of both families where both were asked for, and no others", () => {
  const both = () => new DumpReader(new DiagTable({ protocol: "tcp" }, String), 1);
  const reader = both();
  const of = (family: number) => message(18, rowPayload({ family }));
  assert(reader.read(datagram(of(2), of(10), DONE)));
  assertEquals(reader.rows.map((each) => `${each.family} ${each.local}`), [
    "IPv4 127.0.0.1:8080",
    "IPv6 [7f00:1::]:8080",
  ]);
  const error = assertThrows(() => both().read(datagram(of(1))), DumpError, "family 1");
  assertEquals(error.fault, "malformed");
});

Deno.test("DumpError tells which faults may pass", () => {
  const passing =
    (["refused", "truncated", "interrupted", "overrun", "unfinished", "malformed"] as const).filter(
      (fault) => new DumpError(fault, "x").isPassing,
    );
  assertEquals(passing, ["interrupted", "overrun", "unfinished"]);
});

Deno.test("DumpReader gives rows or an error for any bytes, and never a row that cannot be", () => {
  const whole = datagram(row(), row({ state: 10 }), row({ localPort: 65535 }), DONE);
  const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
  const mutated = fc.tuple(fc.array(change, { maxLength: 8 }), fc.nat(whole.length)).map(
    ([changes, length]) => {
      const bytes = whole.slice(0, length);
      for (const [at, value] of changes) if (at < length) bytes[at] = value;
      return bytes;
    },
  );
  const random = fc.uint8Array({ maxLength: 300 }).map((bytes) => Uint8Array.from(bytes));
  fc.assert(
    fc.property(fc.oneof(mutated, random), (bytes) => {
      const reader = new DumpReader(TABLE, 1);
      try {
        reader.read(bytes);
      } catch (error) {
        assertInstanceOf(error, DumpError);
      }
      for (const each of reader.rows) {
        const { local, remote, state, uid, inode, family, protocol } = plainConnection(each);
        assertEquals([family, protocol, local.family, remote.family], [
          "IPv4",
          "tcp",
          "IPv4",
          "IPv4",
        ]);
        assert(isPort(local.port) && isPort(remote.port) && typeof state === "string");
        assert(uid! >= 0 && inode >= 0);
      }
    }),
    { numRuns: 3000 },
  );
});
