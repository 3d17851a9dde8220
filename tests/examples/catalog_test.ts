import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { join } from "node:path";
import { type ExampleName, EXAMPLES, exampleUrl } from "../../lib/examples/catalog.ts";
import { isRefusal } from "../../lib/refusal.ts";
import { Program } from "../../lib/program/program.ts";
import { assertRefuses, sideBySide, start } from "./_example.ts";

const NAMES = Object.keys(EXAMPLES) as ExampleName[];
const TEXTS = new Map(NAMES.map((name) => [name, Deno.readTextFileSync(exampleUrl(name))]));

/** Texts that are not ports. String() or Number() would accept most of them. */
const NO_PORTS = [
  "80abc",
  "0x50",
  " 80",
  "80 ",
  "+80",
  "-1",
  "8e1",
  "80.0",
  "65536",
  "",
  "８０",
  "8\n0",
];

Deno.test("EXAMPLES has every program of its folder, and each says what it does", () => {
  const files = [...Deno.readDirSync(new URL(".", exampleUrl("hello_server.ts")))]
    .map(({ name }) => name).filter((name) => name !== "mod.ts" && name !== "catalog.ts");
  assertEquals(new Set(files), new Set(NAMES));
  for (const { does } of Object.values(EXAMPLES)) assertMatch(does, /^[a-z].*[^.]$/);
});

Deno.test("exampleUrl() refuses a name that no example has", () => {
  for (const name of ["nobody.ts", "constructor", "echo_server", ""]) {
    const error = assertThrows(() => exampleUrl(name as ExampleName), RangeError);
    assert(isRefusal(error));
    assertEquals(error.part, `"${name}"`);
  }
  const error = assertThrows(() => exampleUrl(80 as unknown as ExampleName), TypeError);
  assert(isRefusal(error));
});

Deno.test("the examples import nothing but Node's own modules, and export nothing", () => {
  for (const [name, text] of TEXTS) {
    const imports = [...text.matchAll(/^\s*import\b.*?from "(.*?)"/gms)].map(([, from]) => from);
    assert(imports.every((from) => from?.startsWith("node:")), `${name}: ${imports}`);
    assertEquals(text.match(/^export\b|\bimport\(/m), null, name);
  }
});

Deno.test("the examples begin with a comment that says whose counterpart they are and how to run them", () => {
  for (const [name, text] of TEXTS) {
    const comment = text.slice(0, text.indexOf("*/"));
    assert(comment.startsWith("/**\n"), name);
    assertMatch(comment, /\barticle\b|\bchapter\b/, name);
    const told = /^ \* (?:unshare .*)?deno run (?:--allow-\S+ )+(\w+\.ts)/m.exec(comment)?.[1];
    assertEquals(told, name);
  }
});

/** The first argument of these is no port. */
const PORTLESS: readonly ExampleName[] = [
  "first_server.ts",
  "port_zero.ts",
  "ephemeral_range.ts",
  "port_usage.ts",
];

/** A client calls a server, and nobody listens at port 0. */
function isClient(name: ExampleName): boolean {
  return /client(_port)?\.ts$/.test(name);
}

/** The lines of a program that decide whether a text is a number that it takes. */
function checkOf(name: ExampleName): string {
  const text = TEXTS.get(name)!;
  const reader = /^function read(?:Port|Number)\(.*?^}$/ms.exec(text)?.[0];
  // Two programs check in their main part, and are a group each.
  return reader === undefined ? name : reader.slice(reader.indexOf("\n"), reader.indexOf("return"));
}

const BY_CHECK = Map.groupBy(NAMES.filter((name) => !PORTLESS.includes(name)), checkOf);

const test = sideBySide("ports that are refused");

// Programs with the same lines treat a text alike: one of them is given all texts, the others one.
for (const [first, ...others] of BY_CHECK.values()) {
  const least = isClient(first!) ? 1 : 0;
  const texts = least === 0 ? NO_PORTS : [...NO_PORTS, "0"];
  for (const text of texts) {
    test(`${first} refuses port ${Deno.inspect(text)}`, refuses(first!, text));
  }
  for (const name of others) test(`${name} refuses port "80abc"`, refuses(name, "80abc"));
}

function refuses(name: ExampleName, text: string): () => Promise<void> {
  return async () => {
    await using program = start(name, text);
    const rule = `it must be a whole number from ${isClient(name) ? 1 : 0} to 65535`;
    await assertRefuses(program, {
      code: 2,
      line: `Cannot use port ${Deno.inspect(text)}: ${rule}`,
    });
  };
}

/** What those say first that are run in another way than with a port. */
const OTHERS: Partial<Record<ExampleName, { args: string[]; allow: string; says: RegExp }>> = {
  "port_zero.ts": { args: [], allow: "--allow-net", says: /given port/ },
  "ephemeral_range.ts": { args: [], allow: "--allow-run", says: /^\d+ to \d+: \d+ ports$/ },
  "port_usage.ts": {
    args: [],
    allow: "--allow-run",
    says: /^\$ \w+ -|^Cannot ask .*: not installed here$/,
  },
  // Nobody is there, and it does not find out: such is UDP.
  "metrics_client.ts": { args: ["1"], allow: "--allow-net", says: /^Sent 3 datagrams in / },
};

/** These also need FFI, and Linux; their own tests run them. */
const NEED_FFI: readonly ExampleName[] = [
  "segment_bytes.ts",
  "address_in_use.ts",
  "eavesdropper.ts",
];

Deno.test("the examples run as one copied file, with no settings around them", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const names = NAMES.filter((name) => !NEED_FFI.includes(name));
    await Promise.all(names.map(async (name) => {
      const file = join(folder, name);
      Deno.copyFileSync(exampleUrl(name), file);
      const { args, allow, says } = OTHERS[name] ?? {
        // No number is free for sure, and a client finds nobody here: it must get as far as this.
        args: isClient(name) ? ["1"] : ["0"],
        allow: "--allow-net",
        says: isClient(name)
          ? /^Cannot get an (answer|echo) from 127\.0\.0\.1 port 1: /
          : /^(Listening|Receiving) on |^web listening on |^Granted: /,
      };
      await using program = Program.start(file, {
        args,
        permissions: ["--no-config", allow],
        cwd: folder,
      });
      await program.line(says);
    }));
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("a server's first comment says how to talk to it", () => {
  const servers = NAMES.filter((name) => /_server|four_services/.test(name));
  assertEquals(servers.length, 14);
  for (const name of servers) {
    const comment = TEXTS.get(name)!.split("*/")[0]!;
    const commands = /^ \* ```sh\n([^]*?)^ \* ```$/m.exec(comment)![1]!;
    assertMatch(commands, /\b(nc|telnet|curl) |\w+_client\.ts/, name);
  }
});
