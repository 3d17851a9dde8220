import { assertEquals } from "@std/assert";
import { parseProcessLimits, processLimits } from "../../../lib/observe/machine/process_limits.ts";

const LIMITS = `Limit                     Soft Limit           Hard Limit           Units     
Max cpu time              unlimited            unlimited            seconds   
Max processes             60                   63335                processes 
Max open files            256                  20000                files     
Max locked memory         8388608              8388608              bytes     
`;

Deno.test("parseProcessLimits() reads the soft limits", () => {
  assertEquals(parseProcessLimits(LIMITS), { openFiles: 256, processes: 60 });
  assertEquals(parseProcessLimits(LIMITS.replace("60   ", "unlimited")).processes, Infinity);
  assertEquals(parseProcessLimits(""), { openFiles: undefined, processes: undefined });
});

Deno.test({
  name: "processLimits() are those of a shell with the same limits",
  ignore: Deno.build.os !== "linux",
  fn() {
    const { stdout } = new Deno.Command("sh", { args: ["-c", "ulimit -n"] }).outputSync();
    assertEquals(`${processLimits().openFiles}\n`, new TextDecoder().decode(stdout));
  },
});
