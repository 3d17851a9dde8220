import { assertEquals } from "@std/assert";
import { Kernel } from "../../lib/notebooks/kernel/kernel.ts";
import { type CourseNotebook, readCourse } from "../../lib/notebooks/run/course.ts";
import { failureText, runNotebook } from "../../lib/notebooks/run/runner.ts";
import { type SimulatedSystem, Simulation } from "../observe/simulated/_simulation.ts";
import { requires } from "../requirements.ts";

const folder = new URL("../../notebooks/", import.meta.url);
const everywhere = (await readCourse(folder)).slice(0, 3);
const systems: readonly SimulatedSystem[] = ["darwin", "windows"];

for (const os of systems) {
  Deno.test({
    name: `notebooks 00 to 02 run on ${os}, whose tools print the sockets and their owners`,
    ...requires("/proc"),
    async fn() {
      using system = new Simulation(os);
      const failures = await Promise.all(everywhere.map((each) => failureOn(system, each)));
      assertEquals(failures.filter((failure) => failure !== undefined).join("\n\n"), "");
    },
  });
}

/** Runs a notebook in a kernel that has loaded the simulation first. */
async function failureOn(
  { os, preload }: Simulation,
  { name, notebook }: CourseNotebook,
): Promise<string | undefined> {
  await using kernel = await Kernel.start({ cwd: folder });
  const code = `await import(${JSON.stringify(preload)}); Deno.build.os`;
  const { outputs } = await kernel.execute(code);
  assertEquals(
    outputs.map((each) => each.output_type === "execute_result" && each.data["text/plain"]),
    [JSON.stringify(os)],
  );
  const { failure } = await runNotebook(notebook, kernel, { name });
  return failure && failureText(name, failure);
}
