import { assertEquals } from "@std/assert";
import { requires } from "./requirements.ts";
import config from "../deno.json" with { type: "json" };

const PROBE = import.meta.resolve("./_import_probe.ts");
const CONFIG = new URL(import.meta.resolve("../deno.json")).pathname;

/** What an import has done to its process. */
interface Changes {
  /** Names on `globalThis` that were added or removed. */
  readonly names: readonly string[];
  /** Methods of the console that were replaced, added or removed. */
  readonly methods: readonly string[];
  /** Descriptors that were opened or closed, by what they lead to. */
  readonly descriptors: readonly string[];
}

/** Imports a module in a process without permissions, and returns what that has changed. */
async function importAlone(specifier: string): Promise<Changes> {
  const probe = moduleOf(`import { probe } from "${PROBE}"; probe();`);
  // Deno prepares for CommonJS (nodeBootstrap, console.Console) when it loads the first such package;
  // the first import gets that over with. Modules are evaluated in this order, each once: hence two
  // modules that call the probe.
  const main = moduleOf(
    `import "ipaddr.js"; import "${probe}"; import "${specifier}"; import "${probe}%20//";`,
  );
  await using process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--no-check", "--config", CONFIG, main],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const input = process.stdin.getWriter();
  const lines = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  await nextLine(lines);
  const before = descriptorsOf(process.pid);
  await input.write(new Uint8Array(1));
  const changes = JSON.parse(await nextLine(lines)) as Omit<Changes, "descriptors">;
  const after = descriptorsOf(process.pid);
  await input.close();
  assertEquals((await process.status).success, true, specifier);
  await lines.cancel();
  return { ...changes, descriptors: [...after.symmetricDifference(before)] };
}

function moduleOf(code: string): string {
  return `data:application/typescript,${encodeURIComponent(code)}`;
}

async function nextLine(lines: ReadableStreamDefaultReader<string>): Promise<string> {
  const { value, done } = await lines.read();
  if (done) throw new Error("Cannot read a probe: the process has ended");
  return value;
}

function descriptorsOf(pid: number): Set<string> {
  const folder = `/proc/${pid}/fd`;
  return new Set(
    Array.from(
      Deno.readDirSync(folder),
      ({ name }) => `${name} ${Deno.readLinkSync(`${folder}/${name}`)}`,
    ),
  );
}

const NOTHING: Changes = { names: [], methods: [], descriptors: [] };

Deno.test({
  name: "importing an export needs no permission and changes nothing in the process",
  ...requires("/proc"),
  async fn(t) {
    await Promise.all(
      Object.keys(config.exports).map((path) => {
        const specifier = path.replace(/^\./, "fourtuple");
        return t.step({
          name: specifier,
          fn: async () => assertEquals(await importAlone(specifier), NOTHING),
          sanitizeOps: false,
          sanitizeResources: false,
          sanitizeExit: false,
        });
      }),
    );
  },
});

Deno.test({
  name: "an import that has side effects is noticed",
  ...requires("/proc"),
  async fn() {
    const name = moduleOf("globalThis.planted = 1;");
    assertEquals(await importAlone(name), { ...NOTHING, names: ["planted"] });
    const method = moduleOf("console.log = () => {};");
    assertEquals(await importAlone(method), { ...NOTHING, methods: ["log"] });
    const listener = moduleOf('Deno.addSignalListener("SIGUSR1", () => {});');
    assertEquals((await importAlone(listener)).descriptors.length > 0, true);
  },
});
