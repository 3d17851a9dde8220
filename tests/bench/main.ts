/** `deno task bench [name …]`: runs the comparisons, or those named, one after another. */
const folder = new URL("./", import.meta.url);
const names = [...Deno.readDirSync(folder)].map(({ name }) => name.match(/^(\w+)_bench\.ts$/)?.[1])
  .filter((name) => name !== undefined).sort();

for (const name of Deno.args.length > 0 ? Deno.args : names) {
  if (!names.includes(name)) {
    console.error(`Cannot find a comparison "${name}": it is one of ${names.join(", ")}`);
    Deno.exit(2);
  }
  const { default: run } = await import(new URL(`${name}_bench.ts`, folder).href);
  console.log(`${await run()}\n`);
}
