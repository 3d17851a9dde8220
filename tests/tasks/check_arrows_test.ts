import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brokenRules, FOLDERS } from "../../lib/tasks/check_arrows.ts";

const TASK = fileURLToPath(new URL("../../lib/tasks/check_arrows.ts", import.meta.url));

/** A tree in which every arrow points down, without the files of the folders that it leaves out. */
const TREE: Readonly<Record<string, readonly string[]>> = {
  "refusal.ts": [],
  "ports/port.ts": ["refusal.ts"],
  "ports/_registry.ts": [],
  "ports/service_names.ts": ["ports/_registry.ts", "ports/port.ts"],
  "ports/allocator/allocator.ts": ["ports/port.ts"],
  "tuples/_text.ts": [],
  "tuples/endpoint.ts": ["ports/port.ts", "tuples/_text.ts"],
  "sockets/socket.ts": ["tuples/endpoint.ts"],
  "ports/mod.ts": ["ports/port.ts", "ports/allocator/allocator.ts"],
  "sockets/mod.ts": ["sockets/socket.ts"],
  "mod.ts": ["ports/mod.ts", "sockets/mod.ts"],
};

/** Each breaks one rule: the imports that a file has besides, and what the sentence says. */
const BROKEN: readonly {
  readonly what: string;
  readonly imports: Readonly<Record<string, readonly string[]>>;
  readonly says: string;
}[] = [
  {
    what: "a new folder through which a lower one reaches a higher one",
    imports: { "ports/port.ts": ["misc/way.ts"], "misc/way.ts": ["sockets/socket.ts"] },
    says: "lib/misc is not in the list of folders",
  },
  {
    what: "an arrow back between top-level folders",
    imports: { "ports/port.ts": ["tuples/endpoint2.ts"], "tuples/endpoint2.ts": [] },
    says: "lib/ports/port.ts imports lib/tuples/endpoint2.ts: lib/tuples is above lib/ports",
  },
  {
    what: "a lower sub-folder that imports a higher one",
    imports: { "ports/iana.ts": ["ports/allocator/allocator.ts"] },
    says:
      "lib/ports/iana.ts imports lib/ports/allocator/allocator.ts: lib/ports/allocator is above",
  },
  {
    what: "another folder's private file",
    imports: { "sockets/socket.ts": ["tuples/_text.ts"] },
    says: 'begins with "_" is private to lib/tuples',
  },
  {
    what: "a higher folder's private file",
    imports: { "ports/port.ts": ["tuples/_text.ts"] },
    says: 'begins with "_" is private to lib/tuples',
  },
  {
    what: "a circle inside of a folder",
    imports: { "ports/_registry.ts": ["ports/service_names.ts"] },
    says:
      "in a circle: lib/ports/_registry.ts -> lib/ports/service_names.ts -> lib/ports/_registry",
  },
  {
    what: "a mod.ts",
    imports: { "tuples/endpoint.ts": ["ports/mod.ts"] },
    says: "import the file that has the name, not a mod.ts",
  },
];

function treeWith(imports: Readonly<Record<string, readonly string[]>>): Map<string, string[]> {
  const files = new Set([...Object.keys(TREE), ...Object.keys(imports)]);
  return new Map(
    [...files].map((file) => [file, [...TREE[file] ?? [], ...imports[file] ?? []]] as const),
  );
}

Deno.test("brokenRules() has nothing to say of a tree whose arrows point down", () => {
  assertEquals(brokenRules(treeWith({})), []);
});

for (const { what, imports, says } of BROKEN) {
  Deno.test(`brokenRules() refuses ${what}`, () => {
    const broken = brokenRules(treeWith(imports));
    assert(broken.some((sentence) => sentence.includes(says)), broken.join("\n"));
  });
}

Deno.test("FOLDERS has every folder of lib that has files, once", () => {
  const lib = new URL("../../lib/", import.meta.url);
  const foldersOf = (folder: string): string[] => {
    const entries = [...Deno.readDirSync(new URL(folder === "" ? "." : `${folder}/`, lib))];
    const own = entries.some(({ name }) => name.endsWith(".ts")) ? [folder] : [];
    return own.concat(
      ...entries.filter(({ isDirectory }) => isDirectory)
        .map(({ name }) => foldersOf(folder === "" ? name : `${folder}/${name}`)),
    );
  };
  assertEquals(FOLDERS.toSorted(), foldersOf("").sort());
});

/** Writes files with these texts, by path, and returns the folder. */
async function smallTree(texts: Readonly<Record<string, string>>): Promise<string> {
  const folder = await Deno.makeTempDir();
  for (const [path, text] of Object.entries(texts)) {
    await Deno.mkdir(join(folder, dirname(path)), { recursive: true });
    await Deno.writeTextFile(join(folder, path), text);
  }
  return folder;
}

const SMALL: Readonly<Record<string, string>> = {
  "deno.json": "{}",
  "lib/ports/port.ts": "export const MAX_PORT = 65535;\n",
  "lib/ports/allocator/lease.ts": "export class Lease {}\n",
  "lib/tuples/_text.ts": "export const SEPARATOR = ':';\n",
  "lib/sockets/socket.ts":
    'import { MAX_PORT } from "../ports/port.ts";\nexport class Socket { port = MAX_PORT; }\n',
};

/** Runs the command in a small tree with these files besides. */
async function checkArrows(
  texts: Readonly<Record<string, string>>,
): Promise<{ code: number; said: string }> {
  const folder = await smallTree({ ...SMALL, ...texts });
  try {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", TASK, join(folder, "lib")],
      env: { NO_COLOR: "1" },
    }).output();
    return { code, said: new TextDecoder().decode(stderr) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("check_arrows.ts ends with 0 where the arrows point down", async () => {
  assertEquals(await checkArrows({}), { code: 0, said: "" });
});

// Nobody imports the files that these cases add, and they are found all the same.
for (
  const [what, texts, says] of [
    [
      "a new folder",
      {
        "lib/ports/port.ts": 'export { Socket } from "../misc/way.ts";\n',
        "lib/misc/way.ts": 'export { Socket } from "../sockets/socket.ts";\n',
        "lib/sockets/socket.ts": "export class Socket {}\n",
      },
      "lib/misc is not in the list of folders",
    ],
    [
      "an import() against the arrows",
      { "lib/ports/late.ts": 'export const late = () => import("../sockets/socket.ts");\n' },
      "lib/ports/late.ts imports lib/sockets/socket.ts: lib/sockets is above lib/ports",
    ],
    [
      "a type import against the arrows",
      {
        "lib/ports/holder.ts":
          'import type { Socket } from "../sockets/socket.ts";\nexport type Holder = Socket;\n',
      },
      "lib/ports/holder.ts imports lib/sockets/socket.ts: lib/sockets is above lib/ports",
    ],
    [
      "a lower sub-folder that imports a higher one",
      { "lib/ports/leases.ts": 'export { Lease } from "./allocator/lease.ts";\n' },
      "lib/ports/allocator is above lib/ports",
    ],
    [
      "another folder's private file",
      { "lib/ports/text.ts": 'export { SEPARATOR } from "../tuples/_text.ts";\n' },
      'a file whose name begins with "_" is private to lib/tuples',
    ],
    [
      "a circle",
      {
        "lib/ports/a.ts": 'import "./b.ts";\n',
        "lib/ports/b.ts": 'import "./a.ts";\n',
      },
      "in a circle: lib/ports/a.ts -> lib/ports/b.ts -> lib/ports/a.ts",
    ],
  ] as const
) {
  Deno.test(`check_arrows.ts ends with 1 for ${what}`, async () => {
    const { code, said } = await checkArrows(texts);
    assertStringIncludes(said, says);
    assertEquals(code, 1);
  });
}

Deno.test("deno task check refuses an undocumented export in a folder of a folder", async () => {
  const config = JSON.parse(
    await Deno.readTextFile(new URL("../../deno.json", import.meta.url)),
  );
  const docs = config.tasks.check.command.split(" && ")
    .find((command: string) => command.startsWith("deno doc --lint"));
  const documented = "/** Ports.\n *\n * @module\n */\n/** A port. */\nexport const port = 80;\n";
  const folder = await smallTree({
    "deno.json": JSON.stringify({ tasks: { docs } }),
    "lib/mod.ts": documented,
    "lib/ports/port.ts": documented,
    "lib/ports/allocator/lease.ts": documented,
    "lib/ports/_private.ts": "export const undocumented = 1;\n",
  });
  const run = async () => {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["task", "docs"],
      cwd: folder,
      env: { NO_COLOR: "1" },
    }).output();
    return { code, said: new TextDecoder().decode(stderr) };
  };
  try {
    const { code, said } = await run();
    assertEquals(code, 0, said);
    for (const path of ["lib/ports/allocator/lease.ts", "lib/ports/port.ts", "lib/mod.ts"]) {
      await Deno.writeTextFile(join(folder, path), `${documented}export const bare: number = 1;\n`);
      const { code, said } = await run();
      assertStringIncludes(said, path);
      assertEquals(code, 1);
      await Deno.writeTextFile(join(folder, path), documented);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
