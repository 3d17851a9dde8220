import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { requires } from "../requirements.ts";
import { formatNotebook, newNotebook, parseNotebook } from "../../lib/notebooks/format/notebook.ts";

const task = new URL("../../lib/tasks/notebooks.ts", import.meta.url).pathname;

/** Makes a folder with notebooks of the given cells, and runs the task in it. */
async function withNotebooks(
  notebooks: Record<string, string[]>,
  test: (folder: string, run: (...args: string[]) => Deno.ChildProcess) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, cells] of Object.entries(notebooks)) {
      const title = { cell_type: "markdown", source: `# ${name}?` } as const;
      const code = cells.map((source) => ({ cell_type: "code", source }) as const);
      await Deno.writeTextFile(
        `${folder}/${name}.ipynb`,
        formatNotebook(newNotebook([title, ...code])),
      );
    }
    const options = ["--folder", folder, "--book", `${folder}/book`];
    await test(folder, (...args) =>
      new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", task, ...options, ...args],
        env: { NO_COLOR: "1" },
        stdout: "piped",
        stderr: "piped",
      }).spawn());
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Returns the process ids of the kernels that this parent has. */
async function kernelsOf(parent: number): Promise<number[]> {
  const kernels: number[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    const status = await Deno.readTextFile(`/proc/${name}/status`).catch(() => "");
    if (!status.includes(`\nPPid:\t${parent}\n`)) continue;
    const command = await Deno.readTextFile(`/proc/${name}/cmdline`).catch(() => "");
    if (command.includes("\0--kernel\0")) kernels.push(Number(name));
  }
  return kernels;
}

Deno.test("deno task notebooks runs all, writes the book and ends with a table", async () => {
  await withNotebooks(
    { "00_a": ["1 + 1"], "01_b": ["const word = 'hi';", "word"] },
    async (folder, run) => {
      const { code, stdout } = await run().output();
      const text = new TextDecoder().decode(stdout);
      assertEquals(code, 0);
      assertMatch(text, /^notebook +cells +seconds +outcome$/m);
      assertMatch(text, /^00_a +1 +[\d.]+ +ok$/m);
      assertMatch(text, /^01_b +2 +[\d.]+ +ok$/m);
      assertStringIncludes(text, `The book: ${folder}/book/index.html`);
      const files = [...Deno.readDirSync(`${folder}/book`)].map(({ name }) => name).sort();
      assertEquals(files, [
        "00_a.html",
        "00_a.ipynb",
        "01_b.html",
        "01_b.ipynb",
        "assets",
        "index.html",
      ]);
      const executed = parseNotebook(await Deno.readTextFile(`${folder}/book/01_b.ipynb`));
      const last = executed.cells.at(-1)!;
      assert(last.cell_type === "code");
      assertEquals(last.outputs, [{
        output_type: "execute_result",
        execution_count: 2,
        data: { "text/plain": '"hi"' },
        metadata: {},
      }]);
    },
  );
});

Deno.test("deno task notebooks tells which cell failed, and ends with exit code 1", async () => {
  await withNotebooks(
    { "00_a": ["1"], "02_bad": ["const a = 1;", "\na.b.c;", "2"] },
    async (_, run) => {
      const { code, stdout } = await run("02").output();
      const text = new TextDecoder().decode(stdout);
      assertEquals(code, 1);
      assertMatch(text, /^02_bad +2 +[\d.]+ +failed in cell 2$/m);
      assertStringIncludes(
        text,
        "02_bad, cell 2, line 2:\n\n    1 | \n>   2 | a.b.c;\n\nTypeError: ",
      );
      assertStringIncludes(text, "Run it alone: deno task notebooks 02");
      assert(!text.includes("00_a"));
    },
  );
});

Deno.test("deno task notebooks refuses a notebook that is not there", async () => {
  await withNotebooks({ "00_a": ["1"] }, async (_, run) => {
    const { code, stderr } = await run("07").output();
    assertEquals(code, 2);
    assertEquals(
      new TextDecoder().decode(stderr),
      'Cannot find notebook "07": the notebooks are 00_a, got "07"\n',
    );
  });
});

Deno.test("deno task notebooks ends its kernels on SIGINT, with exit code 130", async () => {
  const forever = ["await new Promise(() => {})"];
  await withNotebooks({ "00_a": forever, "01_b": forever }, async (_, run) => {
    const process = run();
    let kernels: number[] = [];
    for (let tries = 0; kernels.length < 2 && tries < 500; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      kernels = await kernelsOf(process.pid);
    }
    assertEquals(kernels.length, 2);
    await new Promise((resolve) => setTimeout(resolve, 500));
    process.kill("SIGINT");
    const { code } = await process.output();
    assertEquals(code, 130);
    const left = kernels.filter((pid) => {
      try {
        return Deno.statSync(`/proc/${pid}`).isDirectory;
      } catch {
        return false;
      }
    });
    assertEquals(left, []);
  });
});

Deno.test("deno task notebooks prints its usage for --help, and for options that it does not know", async () => {
  const usage = "Usage: deno task notebooks [02 …] [--jobs 2] [--folder notebooks] [--book book]\n";
  await withNotebooks({ "00_a": ["1"] }, async (_, run) => {
    const help = await run("--help").output();
    assertEquals([help.code, new TextDecoder().decode(help.stdout)], [0, usage]);
    for (const args of [["--folder"], ["--folder", "--jobs"], ["--job", "2"], ["--help=yes"]]) {
      const { code, stdout, stderr } = await run(...args).output();
      const text = new TextDecoder().decode(stderr);
      assertEquals([code, stdout.length], [2, 0], args.join(" "));
      assert(text.endsWith(`\n${usage}`), text);
      assert(!text.includes("    at "), text);
    }
    const { code, stderr } = await run("--folder", "/nowhere").output();
    assertEquals([code, new TextDecoder().decode(stderr)], [
      2,
      `Cannot read the notebooks' folder "/nowhere": there is none. Name one with --folder\n`,
    ]);
  });
});

Deno.test("deno task notebooks says that it was interrupted, even before a kernel is up", async () => {
  await withNotebooks({ "00_a": ["await new Promise(() => {})"] }, async (folder, run) => {
    const process = run();
    // The kernel's process is there long before it answers.
    let kernels: number[] = [];
    for (let tries = 0; kernels.length < 1 && tries < 2000; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      kernels = await kernelsOf(process.pid);
    }
    assertEquals(kernels.length, 1);
    process.kill("SIGINT");
    const overdue = setTimeout(() => process.kill("SIGKILL"), 10_000);
    const { code, stderr } = await process.output();
    clearTimeout(overdue);
    assertEquals(new TextDecoder().decode(stderr), "\nInterrupted: the kernels have ended\n");
    assertEquals(code, 130);
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["00_a.ipynb"]);
  });
});

/** Runs the task on a folder, and returns its exit code and each line that it printed. */
async function outcome(run: Deno.ChildProcess): Promise<{ code: number; lines: string[] }> {
  const { code, stdout, stderr } = await run.output();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assert(!text.includes("Uncaught"), text);
  return { code, lines: text.split("\n").filter((line) => line !== "") };
}

Deno.test("deno task notebooks goes on without a file that is no notebook, and names it", async () => {
  await withNotebooks({ "00_a": ["1"], "02_c": ["2"] }, async (folder, run) => {
    const broken = { "01_b": '{"cells": [', "03_empty": "", "04_null": "null", "05_list": "[]" };
    for (const [name, text] of Object.entries(broken)) {
      await Deno.writeTextFile(`${folder}/${name}.ipynb`, text);
    }
    await Deno.symlink("/nowhere", `${folder}/06_link.ipynb`);
    const { code, lines } = await outcome(run());
    assertEquals(code, 1);
    for (const name of [...Object.keys(broken), "06_link"]) {
      const said = lines.filter((line) => line.startsWith(`Cannot read ${name}.ipynb: `));
      assertEquals(said.length, 1, lines.join("\n"));
    }
    for (const name of ["00_a", "02_c"]) {
      assert(lines.some((line) => line.startsWith(name) && line.endsWith("ok")), name);
    }
  });
});

Deno.test("deno task notebooks says in a line why a kernel cannot start, and keeps an earlier page", async () => {
  await withNotebooks({ "00_a": ["1"], "01_b": ["2"] }, async (folder, run) => {
    await outcome(run());
    const page = await Deno.readTextFile(`${folder}/book/00_a.html`);
    await Deno.writeTextFile(`${folder}/deno.json`, "{ broken");
    const { code, lines } = await outcome(run());
    assertEquals(code, 1);
    for (const name of ["00_a", "01_b"]) {
      const said = lines.filter((line) => line.startsWith(`Cannot start a kernel for ${name}: `));
      assertEquals(said.length, 1, lines.join("\n"));
      assertStringIncludes(said[0]!, `deno task notebooks ${name.slice(0, 2)}`);
    }
    assertEquals(lines.length, 8, lines.join("\n")); // two of progress, three of the table, the book
    assertEquals(await Deno.readTextFile(`${folder}/book/00_a.html`), page);
  });
});

Deno.test("deno task notebooks refuses wrong folders and numbers of jobs in one line", async () => {
  await withNotebooks({ "00_a": ["1"] }, async (folder, run) => {
    const empty = `${folder}/empty`;
    await Deno.mkdir(empty);
    for (
      const [args, says] of [
        [["--folder", ""], "--folder"],
        [["--folder", empty], "Cannot find a notebook"],
        [["--folder", "/etc/passwd"], "Cannot read the notebooks' folder"],
        [["--book", `${folder}/00_a.ipynb`], "Cannot write the book"],
        [["--book", ""], "--book"],
        [["--book", "/proc/nowhere"], "Cannot write the book"],
        [["--jobs", "0"], "from 1 to 64"],
        [["--jobs", "65"], "from 1 to 64"],
        [["--jobs", "99999999"], "from 1 to 64"],
        [["--jobs", "1e1"], "from 1 to 64"],
      ] as const
    ) {
      const { code, lines } = await outcome(run(...args));
      assertEquals([code, lines.length], [2, 1], args.join(" "));
      assertStringIncludes(lines[0]!, says);
    }
  });
});

Deno.test("deno task notebooks ends when its output cannot be written any more", async () => {
  await withNotebooks({ "00_a": ["1"], "01_b": ["2"] }, async (_, run) => {
    const process = run();
    await process.stdout.cancel();
    const stderr = await new Response(process.stderr).text();
    assertEquals((await process.status).code, 1);
    assertMatch(stderr, /^Stopped: the output cannot be written: .+\n$/);
  });
});

Deno.test({
  name: "deno task notebooks sends nothing beyond loopback, not even to look for updates",
  ...requires("network namespace"),
  async fn() {
    const book = await Deno.makeTempDir();
    const shell =
      'ip link set lo up; cat /proc/net/snmp; "$@" > /dev/null 2>&1; echo "code $?"; cat /proc/net/snmp';
    const { DENO_NO_UPDATE_CHECK: _, ...env } = Deno.env.toObject();
    const { stdout } = await new Deno.Command("unshare", {
      args: ["-Urn", "sh", "-c", shell, "sh", Deno.execPath(), "task", "notebooks", "00"].concat([
        "--book",
        book,
      ]),
      cwd: new URL("../../", import.meta.url),
      clearEnv: true,
      env,
      stderr: "inherit",
    }).output();
    await Deno.remove(book, { recursive: true });
    const text = new TextDecoder().decode(stdout);
    assertStringIncludes(text, "code 0\n");
    const [names, ...counts] = text.split("\n").filter((line) => line.startsWith("Ip: ")).map((
      line,
    ) => line.split(" ")).filter(([, first], index) => index === 0 || first !== "Forwarding");
    const column = names!.indexOf("OutNoRoutes");
    assertEquals(counts.map((count) => count[column]), ["0", "0"]);
  },
});
