/**
 * Looking up connections among a million, beside maps with three sorts of keys and Go's map with a pair
 * of netip.AddrPort: time, and memory. Every subject gets the same numbers, in the order of a segment's
 * header, and makes its own key.
 */
import { runChild, startChild } from "../../lib/program/child_process.ts";
import { findProgram } from "../../lib/program/find_program.ts";
import { Table } from "../../lib/show/table.ts";
import { FourTupleTable } from "../../lib/tuples/table/four_tuple_table.ts";
import { compare, type MissingSubject, type Subject } from "./compare.ts";

const ENTRIES = 1_000_000;
const LOOK_UPS = 1_000_000;
const ROUNDS = 5;

/** A table under comparison; tuples stand in `words`, three for each. */
interface Lookup {
  readonly name: string;
  /** Puts the first `count` tuples in, each with its number. */
  fill(words: Uint32Array, count: number): void;
  /** Looks all up, and returns the sum of what it found. */
  sum(words: Uint32Array): number;
}

const LOOKUPS: readonly (() => Lookup)[] = [
  () => {
    const table = new FourTupleTable();
    const key = new Uint32Array(3);
    const load = (words: Uint32Array, at: number) => {
      key[0] = words[at]!;
      key[1] = words[at + 1]!;
      key[2] = words[at + 2]!;
    };
    return {
      name: "FourTupleTable",
      fill(words, count) {
        for (let tuple = 0; tuple < count; tuple++) {
          load(words, 3 * tuple);
          table.set(key, tuple);
        }
      },
      sum(words) {
        let sum = 0;
        for (let at = 0; at < words.length; at += 3) {
          load(words, at);
          sum += table.get(key)!;
        }
        return sum;
      },
    };
  },
  () =>
    withMap(
      "Map, template string",
      (words, at) =>
        `${words[at]}:${words[at + 2]! >>> 16}-${words[at + 1]}:${words[at + 2]! & 0xffff}`,
    ),
  () => {
    const map = new Map<number, Map<number, number>>();
    // Both numbers stay below 2^53: an address and a port each.
    const outer = (words: Uint32Array, at: number) => words[at]! * 65536 + (words[at + 2]! >>> 16);
    const inner = (words: Uint32Array, at: number) =>
      words[at + 1]! * 65536 + (words[at + 2]! & 0xffff);
    return {
      name: "Map of Map, by local and remote endpoint",
      fill(words, count) {
        for (let tuple = 0; tuple < count; tuple++) {
          const local = outer(words, 3 * tuple);
          let remotes = map.get(local);
          if (remotes === undefined) map.set(local, remotes = new Map());
          remotes.set(inner(words, 3 * tuple), tuple);
        }
      },
      sum(words) {
        let sum = 0;
        for (let at = 0; at < words.length; at += 3) {
          sum += map.get(outer(words, at))!.get(inner(words, at))!;
        }
        return sum;
      },
    };
  },
  () =>
    withMap(
      "Map, BigInt",
      (words, at) =>
        BigInt(words[at]!) << 64n | BigInt(words[at + 1]!) << 32n | BigInt(words[at + 2]!),
    ),
];

function withMap<Key>(name: string, keyOf: (words: Uint32Array, at: number) => Key): Lookup {
  const map = new Map<Key, number>();
  return {
    name,
    fill(words, count) {
      for (let tuple = 0; tuple < count; tuple++) map.set(keyOf(words, 3 * tuple), tuple);
    },
    sum(words) {
      let sum = 0;
      for (let at = 0; at < words.length; at += 3) sum += map.get(keyOf(words, at))!;
      return sum;
    },
  };
}

/** Connections of one server: any remote address, any ephemeral port of Linux. */
function scattered(): Uint32Array {
  const words = new Uint32Array(3 * ENTRIES);
  const seen = new Set<number>();
  for (let tuple = 0; tuple < ENTRIES; tuple++) {
    let [address, port] = [0, 0];
    do {
      [address, port] = [random(2 ** 32), 32768 + random(28232)];
    } while (seen.has(address * 65536 + port));
    seen.add(address * 65536 + port);
    words.set([0xcb007150, address, 443 << 16 | port], 3 * tuple);
  }
  return words;
}

/** As many whose numbers are the same in their low 16 bits (the ports': 12), and differ above. */
function lowBitsCollide(): Uint32Array {
  const words = new Uint32Array(3 * ENTRIES);
  for (let tuple = 0; tuple < ENTRIES; tuple++) {
    words.set([0xcb007150, tuple << 16, 443 << 16 | tuple >>> 16 << 12], 3 * tuple);
  }
  return words;
}

function random(limit: number): number {
  return Math.floor(Math.random() * limit);
}

/** What is asked for, in an order that no cache foresees, and the sum of the right answers. */
function queriesOf(words: Uint32Array): { queries: Uint32Array; sum: number } {
  const queries = new Uint32Array(3 * LOOK_UPS);
  let sum = 0;
  for (let query = 0; query < LOOK_UPS; query++) {
    const tuple = random(ENTRIES);
    queries.set(words.subarray(3 * tuple, 3 * tuple + 3), 3 * query);
    sum += tuple;
  }
  return { queries, sum };
}

function subjectOf(lookup: Lookup, words: Uint32Array, name = lookup.name): Subject {
  lookup.fill(words, ENTRIES);
  const { queries, sum } = queriesOf(words);
  return {
    name,
    run() {
      if (lookup.sum(queries) !== sum) throw new Error(`${name} found something else`);
    },
  };
}

const GO = "Go, map with a pair of netip.AddrPort";

/** A Go program that holds the entries and answers the queries in rounds. */
interface GoLookup extends AsyncDisposable {
  readonly subject: Subject;
  /** What its entries take, in bytes an entry. */
  readonly bytes: number;
}

async function goLookup(words: Uint32Array): Promise<GoLookup | MissingSubject> {
  const go = findProgram("go");
  if (go === undefined) return { name: GO, missing: "go" };
  const folder = await Deno.makeTempDir();
  try {
    const program = `${folder}/lookups`;
    const source = new URL("four_tuple_lookups.go", import.meta.url).pathname;
    const env = { GOTOOLCHAIN: "local", GOFLAGS: "", GOCACHE: `${folder}/cache` };
    const built = await runChild([go, "build", "-o", program, source], { env, cwd: folder });
    if (!built.success) throw new Error(built.stderr);
    return await startGo(program, words);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function startGo(program: string, words: Uint32Array): Promise<GoLookup> {
  const child = startChild([program], { stdin: "piped", stderr: "inherit" });
  const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const input = child.stdin.getWriter();
  // One answer is one short write, and so one piece.
  const answer = async () => {
    const { value } = await output.read();
    if (value === undefined) throw new Error(`Cannot compare with ${GO}: its program has ended`);
    return value.trim().split(" ").map(Number);
  };
  const { queries, sum } = queriesOf(words);
  for (const part of [new Uint32Array([ENTRIES, LOOK_UPS]), words, queries]) {
    await input.write(new Uint8Array(part.buffer as ArrayBuffer));
  }
  const [bytes] = await answer();
  return {
    bytes: bytes!,
    subject: {
      name: GO,
      async run() {
        await input.write(new TextEncoder().encode("\n"));
        const [found, milliseconds] = await answer();
        if (found !== sum) throw new Error(`${GO} found something else`);
        return milliseconds;
      },
    },
    async [Symbol.asyncDispose]() {
      await input.close();
      await output.cancel();
      await child.status;
    },
  };
}

/** What the entries of one table take, measured where nothing else is, in bytes an entry. */
function bytesAnEntry(make: () => Lookup): number {
  const words = scattered();
  const lookup = make();
  const before = usedBytes();
  lookup.fill(words, ENTRIES);
  const bytes = (usedBytes() - before) / ENTRIES;
  const { queries, sum } = queriesOf(words);
  if (lookup.sum(queries) !== sum) throw new Error("It found something else");
  return bytes;
}

function usedBytes(): number {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) throw new Error("Cannot measure memory: --expose-gc is missing");
  gc();
  gc();
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

async function measuredApart(index: number): Promise<number> {
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--v8-flags=--expose-gc", import.meta.url, String(index)],
    stderr: "inherit",
  }).output();
  if (!success) throw new Error("Cannot measure memory: the process failed");
  return Number(new TextDecoder().decode(stdout));
}

export default async function fourTupleTableBench(): Promise<string> {
  const bytes: [name: string, bytes: number][] = [];
  for (const [index, make] of LOOKUPS.entries()) {
    bytes.push([make().name, Number((await measuredApart(index)).toFixed(1))]);
  }
  const words = scattered();
  const go = await goLookup(words);
  await using _ = "subject" in go ? go : undefined;
  if ("subject" in go) bytes.push([GO, Number(go.bytes.toFixed(1))]);
  const [first, ...rest] = LOOKUPS.map((make) => subjectOf(make(), words));
  const colliding = subjectOf(
    LOOKUPS[0]!(),
    lowBitsCollide(),
    "FourTupleTable, keys that collide in their low bits",
  );
  const subjects = [first!, colliding, ...rest, "subject" in go ? go.subject : go];
  const title = `${LOOK_UPS} look-ups among ${ENTRIES} entries`;
  const times = await compare(title, { subjects, rounds: ROUNDS });
  const memory = new Table({
    caption: "What an entry takes (heap and external memory)",
    columns: ["", "bytes"],
    rows: bytes,
  });
  return `${times}\n\n${memory}`;
}

if (import.meta.main) console.log(bytesAnEntry(LOOKUPS[Number(Deno.args[0])]!));
