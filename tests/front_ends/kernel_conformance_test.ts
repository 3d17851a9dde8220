import { assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { programFor, requires } from "../requirements.ts";
import { Workplace } from "./_server.ts";

const SUITE = fileURLToPath(new URL("kernel_conformance.py", import.meta.url));

Deno.test({
  name: "The kernel passes all tests of Jupyter's conformance suite, jupyter_kernel_test",
  ...requires("jupyter_kernel_test"),
  async fn() {
    using workplace = await Workplace.make();
    const { success, stderr } = await new Deno.Command(programFor("jupyter_kernel_test"), {
      args: [SUITE],
      cwd: workplace.folder,
      env: { ...workplace.env },
    }).output();
    const report = new TextDecoder().decode(stderr);
    // What is not supported would be skipped, and count as passed.
    const [, tests] = report.match(/^Ran (\d+) tests/m) ?? [];
    assertEquals([success, tests, report.includes("skipped")], [true, "13", false], report);
  },
});
