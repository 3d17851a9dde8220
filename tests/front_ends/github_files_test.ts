/** GitHub's files fit their published schemas, and the workflow runs what README says. */
import { assert, assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { programFor, requires } from "../requirements.ts";

const root = new URL("../../", import.meta.url);
const WORKFLOW = ".github/workflows/course.yml";
const read = (path: string) => Deno.readTextFileSync(new URL(path, root));

// The schemas of https://www.schemastore.org, which come with check-jsonschema
for (
  const { file, schema, damage } of [
    {
      file: WORKFLOW,
      schema: "vendor.github-workflows",
      damage: (text: string) => text.replace("runs-on:", "run-on:"),
    },
    {
      file: ".github/ISSUE_TEMPLATE/problem.yml",
      schema: "vendor.github-issue-forms",
      damage: (text: string) => text.replace("type: dropdown", "type: choice"),
    },
  ]
) {
  Deno.test(`${file} fits its schema, which refuses a damaged one`, {
    ...requires("check-jsonschema"),
  }, async () => {
    const { success, said } = await checked(schema, fileURLToPath(new URL(file, root)));
    assert(success, said);
    const damaged = await Deno.makeTempFile({ suffix: ".yml" });
    try {
      await Deno.writeTextFile(damaged, damage(read(file)));
      const refused = await checked(schema, damaged);
      assert(!refused.success && refused.said.includes("Schema validation errors"), refused.said);
    } finally {
      await Deno.remove(damaged);
    }
  });
}

async function checked(schema: string, path: string) {
  const { success, stdout, stderr } = await new Deno.Command(programFor("check-jsonschema"), {
    args: ["--builtin-schema", schema, path],
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { success, said: text(stdout) + text(stderr) };
}

Deno.test("The workflow runs README's commands under its first heading, and no others", () => {
  const block = /## Try it now[\s\S]*?```sh\n([\s\S]*?)```/.exec(read("README.md"))![1]!;
  const commands = block.trimEnd().split("\n").map((line) => line.replace(/\s+#.*/, ""));
  const steps = [...read(WORKFLOW).matchAll(/^\s*- run: (.*)$/gm)].map((match) => match[1]);
  assertEquals(steps, commands);
  assertEquals(commands.length, 2);
});
