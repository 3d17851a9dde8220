import { assert, assertEquals, assertGreater, assertLessOrEqual } from "@std/assert";
import fc from "fast-check";
import {
  demux,
  FourTuple,
  FourTupleTable,
  type PackedTuple,
  packTuple,
  parseEndpoint,
  parseFourTuple,
  unpackTuple,
} from "fourtuple";
import { ZoneNumbers } from "../../../lib/tuples/table/four_tuple_table.ts";
import { refused } from "../../_refused.ts";
import { fourTuple, ipv4Endpoint } from "../_laws.ts";

const MAX_VALUE = 4294967294;

/** The `number`th of many IPv4 tuples of one server. */
function numbered(number: number): Uint32Array {
  return Uint32Array.of(
    0xcb007150,
    0x0a000000 + (number >>> 14),
    443 << 16 | 1024 + number % 2 ** 14,
  );
}

type Step =
  | { readonly what: "set"; readonly key: FourTuple; readonly value: number }
  | { readonly what: "get" | "delete"; readonly key: FourTuple }
  | { readonly what: "clear" };

/** Steps on few keys, so that the same ones come again; packed ones where that can be. */
const steps = fc.uniqueArray(fourTuple, {
  minLength: 1,
  maxLength: 60,
  size: "max",
  selector: String,
}).chain(
  (keys) => {
    const key = fc.constantFrom(...keys);
    const value = fc.oneof(fc.nat(9), fc.constant(MAX_VALUE));
    return fc.array(
      fc.oneof<fc.WeightedArbitrary<Step>[]>(
        { weight: 80, arbitrary: fc.record({ what: fc.constant("set" as const), key, value }) },
        { weight: 15, arbitrary: fc.record({ what: fc.constant("get" as const), key }) },
        { weight: 40, arbitrary: fc.record({ what: fc.constant("delete" as const), key }) },
        { weight: 1, arbitrary: fc.record({ what: fc.constant("clear" as const) }) },
      ),
      { maxLength: 250, size: "max" },
    );
  },
);
const seed = fc.tuple(fc.nat(2 ** 31 - 1), fc.nat(2 ** 31 - 1));

Deno.test("FourTupleTable does what a Map with the tuples' texts does, step by step", () => {
  let highest = 0;
  fc.assert(
    fc.property(steps, seed, fc.boolean(), (steps, seed, packed) => {
      const table = new FourTupleTable([], { seed });
      const model = new Map<string, number>();
      const form = (key: FourTuple): FourTuple | PackedTuple =>
        packed && key.local.zone === undefined && key.remote.zone === undefined
          ? packTuple(key)
          : key;
      for (const step of steps) {
        switch (step.what) {
          case "set":
            table.set(form(step.key), step.value);
            model.set(String(step.key), step.value);
            break;
          case "get":
            assertEquals(table.get(form(step.key)), model.get(String(step.key)));
            break;
          case "delete":
            assertEquals(table.delete(form(step.key)), model.delete(String(step.key)));
            break;
          case "clear":
            table.clear();
            model.clear();
        }
        highest = Math.max(highest, table.size);
        assertEquals(table.size, model.size);
      }
      // Everything that is in is found, by either form, and nothing else is there.
      for (const [text, value] of model) {
        assertEquals(table.get(form(parseFourTuple(text))), value);
        assert(table.has(parseFourTuple(text)));
      }
      assertEquals(
        [...table].map(([tuple, value]) => [String(tuple), value]).toSorted(),
        [...model].toSorted(),
      );
    }),
    { numRuns: 150 },
  );
  // The tables of 8 slots grew, and more than once.
  assertGreater(highest, 16);
});

Deno.test("FourTupleTable keeps every entry while it grows and while entries go", () => {
  const COUNT = 40_000;
  const table = new FourTupleTable();
  for (let number = 0; number < COUNT; number++) table.set(numbered(number), number);
  assertEquals(table.size, COUNT);
  for (let number = 0; number < COUNT; number += 3) assert(table.delete(numbered(number)));
  for (let number = 0; number < COUNT; number++) {
    const expected = number % 3 === 0 ? undefined : number;
    if (table.get(numbered(number)) !== expected) {
      assertEquals(table.get(numbered(number)), expected);
    }
  }
  assertEquals(new Set(table.values()).size, table.size);
});

Deno.test("FourTupleTable takes 20 to 40 bytes for an IPv4 entry, 55 to 110 for an IPv6 one", () => {
  for (const family of ["IPv4", "IPv6"]) {
    const [least, most] = family === "IPv4" ? [20, 40] : [55, 110];
    const table = new FourTupleTable();
    const empty = table.byteLength;
    const bytesAnEntry = [];
    for (let number = 0; number < 20_000; number++) {
      const words = numbered(number);
      table.set(
        family === "IPv4" ? words : Uint32Array.of(1, 2, 3, 4, 5, 6, 7, ...words.slice(1)),
        0,
      );
      if (number > 1_000) bytesAnEntry.push((table.byteLength - empty) / table.size);
    }
    // The first 8 slots of both families are not counted; they are less than a byte an entry here.
    assertGreater(Math.min(...bytesAnEntry), least - 1);
    assertLessOrEqual(Math.max(...bytesAnEntry), most);
    table.clear();
    assertEquals([table.size, table.byteLength], [0, empty]);
  }
});

Deno.test("FourTupleTable copies a packed key, which may be filled again", () => {
  const words = Uint32Array.of(1, 2, 3);
  const table = new FourTupleTable([[words, 7]]);
  words[0] = 9;
  assertEquals([table.get(words), table.get(Uint32Array.of(1, 2, 3))], [undefined, 7]);
  const [[tuple]] = [...table] as [[FourTuple, number]];
  assertEquals(String(tuple), "0.0.0.1:0 -> 0.0.0.2:3");
});

Deno.test("FourTupleTable tells a mapped address, a zone and the other side apart", () => {
  const texts = [
    "10.0.0.5:1 -> 10.0.0.6:2",
    "10.0.0.6:2 -> 10.0.0.5:1",
    "[::ffff:10.0.0.5]:1 -> [::ffff:10.0.0.6]:2",
    "[fe80::5]:1 -> [fe80::6]:2",
    "[fe80::5%eth0]:1 -> [fe80::6%eth0]:2",
    "[fe80::5%eth1]:1 -> [fe80::6%eth1]:2",
    "[fe80::5%eth1]:1 -> [fe80::6]:2",
    "[::]:0 -> [::]:0",
    "0.0.0.0:0 -> 0.0.0.0:0",
  ];
  const table = new FourTupleTable(texts.map((text, place) => [parseFourTuple(text), place]));
  assertEquals(texts.map((text) => table.get(parseFourTuple(text))), [...texts.keys()]);
  assertEquals(new Set([...table.keys()].map(String)), new Set(texts));
  assertEquals(table.get(parseFourTuple("[fe80::5%eth2]:1 -> [fe80::6%eth2]:2")), undefined);
  assert(!table.has(unpackTuple(new Uint32Array([0, 0, 1]))));
});

Deno.test("ZoneNumbers has numbers for 65,534 zones and refuses one more", () => {
  const zones = new ZoneNumbers();
  for (let zone = 1; zone <= 65_534; zone++) zones.add(`eth${zone}`);
  zones.add("eth65534");
  assertEquals(zones.of(zones.wordOf("eth65534", "eth1")), { local: "eth65534", remote: "eth1" });
  assertEquals(zones.of(zones.wordOf(undefined, "lo")), { local: undefined, remote: undefined });
  const error = refused(() => zones.add("lo"), RangeError);
  assertEquals(error.rule, "a FourTupleTable has at most 65534 zones");
});

Deno.test("FourTupleTable has another order with another seed", () => {
  const keys = Array.from({ length: 50 }, (_, number) => numbered(number));
  const order = (seed?: [number, number]) =>
    [...new FourTupleTable(keys.map((key, index) => [key, index]), seed && { seed }).values()]
      .join();
  assertEquals(order([1, 2]), order([1, 2]));
  assertEquals(new Set([order(), order(), order([1, 2]), order([2, 1])]).size, 4);
});

Deno.test("FourTupleTable refuses keys, values and seeds that are none", () => {
  const table = new FourTupleTable();
  const key = numbered(0);
  const bad = (value: unknown) => value as never;
  const seeded = (...seed: unknown[]) => new FourTupleTable([], { seed: bad(seed) });
  const faults: [act: () => unknown, type: ErrorConstructor, part: string][] = [
    [() => table.get(bad("10.0.0.5:1 -> 10.0.0.6:2")), TypeError, "a string"],
    [() => table.has(bad([1, 2, 3])), TypeError, "an array"],
    [() => table.delete(bad(undefined)), TypeError, "undefined"],
    [() => table.set(new Uint32Array(4), 0), TypeError, "4 words"],
    [() => table.get(new Uint32Array(10)), TypeError, "10 words"],
    [() => table.set(key, -1), RangeError, "-1"],
    [() => table.set(key, 4294967295), RangeError, "4294967295"],
    [() => table.set(key, 0.5), RangeError, "0.5"],
    [() => table.set(key, -0), RangeError, "-0"],
    [() => table.set(key, NaN), RangeError, "NaN"],
    [() => table.set(key, bad(1n)), TypeError, "a bigint"],
    [() => table.set(key, bad(undefined)), TypeError, "undefined"],
    [() => new FourTupleTable([[key, bad(null)]]), TypeError, "null"],
    [() => seeded(1), TypeError, "an array"],
    [() => seeded(2 ** 32, 1), RangeError, "4294967296"],
    [() => seeded(0, "1"), TypeError, '"1"'],
    [() => new FourTupleTable([], { seed: bad(5) }), TypeError, "5"],
    [() => new FourTupleTable([], bad({ seeds: [1, 2] })), TypeError, '"seeds"'],
  ];
  for (const [act, type, part] of faults) assertEquals(refused(act, type).part, part);
  assertEquals(table.size, 0);
});

Deno.test("FourTupleTable ends an iteration during which an entry is added or removed", () => {
  const changes: ((table: FourTupleTable) => unknown)[] = [
    (table) => table.set(numbered(9), 9),
    (table) => table.delete(numbered(1)),
    (table) => table.clear(),
  ];
  for (const change of changes) {
    const table = new FourTupleTable([[numbered(1), 1], [numbered(2), 2]]);
    const entries = table.entries();
    entries.next();
    change(table);
    const error = refused(() => entries.next(), Error);
    assertEquals(error.rule, "no entry is added or removed during an iteration");
  }
  // A new value for a key, and the removal of a key that is not there, do not end it.
  const table = new FourTupleTable([[numbered(1), 1], [numbered(2), 2]]);
  for (const [tuple] of table) {
    table.set(tuple, 5);
    table.delete(numbered(3));
  }
  assertEquals([...table.values()], [5, 5]);
});

Deno.test("FourTupleTable finds the socket to which demux() delivers a segment by its four-tuple", () => {
  const server = parseEndpoint("203.0.113.80:443");
  const peers = fc.uniqueArray(ipv4Endpoint, { minLength: 2, maxLength: 20, selector: String });
  fc.assert(fc.property(peers, (peers) => {
    const connected = peers.slice(1);
    const sockets = [
      { protocol: "tcp", state: "LISTEN", local: server } as const,
      ...connected.map((remote) =>
        ({ protocol: "tcp", state: "ESTABLISHED", local: server, remote }) as const
      ),
    ];
    const table = new FourTupleTable(
      connected.map((remote, index) => [FourTuple.from(server, remote), 1 + index]),
    );
    for (const source of peers) {
      const result = demux({ protocol: "tcp", source, destination: server }, sockets);
      const index = table.get(FourTuple.from(server, source));
      assertEquals(result.by === "four-tuple", index !== undefined);
      assert(result.socket === sockets[index ?? 0]);
    }
  }));
});
