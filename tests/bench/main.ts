/**
 * `deno task bench [name …]`: runs the comparisons, or those named, one after another. What the
 * machine does not have is named as missing; a comparison that fails does not end the others.
 */
import { MissingProgramError } from "./compare.ts";

const folder = new URL("./", import.meta.url);
const names = [...Deno.readDirSync(folder)].map(({ name }) => name.match(/^(\w+)_bench\.ts$/)?.[1])
  .filter((name) => name !== undefined).sort();

const unknown = Deno.args.find((name) => !names.includes(name));
if (unknown !== undefined) {
  console.error(`Cannot find a comparison "${unknown}": it is one of ${names.join(", ")}`);
  Deno.exit(2);
}
for (const name of Deno.args.length > 0 ? Deno.args : names) {
  try {
    const { default: run } = await import(new URL(`${name}_bench.ts`, folder).href);
    console.log(`${await run()}\n`);
  } catch (error) {
    if (error instanceof MissingProgramError) {
      console.log(`${name}: not compared, ${error.message}\n`);
      continue;
    }
    console.error(`${name}: failed\n${error instanceof Error ? error.stack : error}\n`);
    Deno.exitCode = 1;
  }
}
