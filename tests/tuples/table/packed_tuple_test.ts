import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type FourTuple, packTuple, parseFourTuple, unpackTuple } from "fourtuple";
import { refused } from "../../_refused.ts";
import { fourTuple } from "../_laws.ts";

Deno.test("packTuple() puts addresses, then ports, into words", () => {
  const table: [tuple: string, words: number[]][] = [
    ["0.0.0.0:0 -> 0.0.0.0:0", [0, 0, 0]],
    ["10.0.0.5:51234 -> 203.0.113.80:443", [0x0a000005, 0xcb007150, 0xc82201bb]],
    ["255.255.255.255:65535 -> 127.0.0.1:1", [0xffffffff, 0x7f000001, 0xffff0001]],
    [
      "[2001:db8::5]:51234 -> [::1]:443",
      [0x20010db8, 0, 0, 5, 0, 0, 0, 1, 0xc82201bb],
    ],
    [
      "[::ffff:10.0.0.5]:1 -> [ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:2",
      [0, 0, 0xffff, 0x0a000005, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x10002],
    ],
  ];
  for (const [text, words] of table) {
    const tuple = parseFourTuple(text);
    assertEquals([...packTuple(tuple)], words);
    assertEquals(String(unpackTuple(Uint32Array.from(words))), text);
  }
});

Deno.test("unpackTuple() gives back what packTuple() was given", () => {
  fc.assert(fc.property(fourTuple.filter(hasNoZone), (tuple) => {
    assert(unpackTuple(packTuple(tuple)).equals(tuple));
  }));
});

Deno.test("packTuple() and unpackTuple() refuse what is no four-tuple, and zones", () => {
  const table: [act: () => unknown, type: ErrorConstructor, part: string][] = [
    [() => packTuple("10.0.0.5:1 -> 10.0.0.6:2" as unknown as FourTuple), TypeError, "a string"],
    [() => packTuple(parseFourTuple("[fe80::1%eth0]:1 -> [fe80::2]:2")), RangeError, '"%eth0"'],
    [() => packTuple(parseFourTuple("[fe80::1]:1 -> [fe80::2%7]:2")), RangeError, '"%7"'],
    [() => unpackTuple([1, 2, 3] as unknown as Uint32Array), TypeError, "an array"],
    [() => unpackTuple(Uint32Array.of(1, 2, 3, 4)), RangeError, "4"],
  ];
  for (const [act, type, part] of table) assertEquals(refused(act, type).part, part);
});

function hasNoZone({ local, remote }: FourTuple): boolean {
  return local.zone === undefined && remote.zone === undefined;
}
