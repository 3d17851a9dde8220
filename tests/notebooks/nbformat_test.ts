import { assertEquals } from "@std/assert";
import { readCourse } from "../../lib/jupyter/course.ts";
import { formatNotebook } from "../../lib/jupyter/notebook.ts";
import { programFor, requires } from "../requirements.ts";
import { executed } from "./_executed.ts";

const VALIDATE = `
import nbformat, sys
for path in sys.argv[1:]:
    nbformat.validate(nbformat.read(path, as_version=4))
`;

Deno.test({
  name: "every executed notebook is valid for nbformat",
  ...requires("python3 with nbformat"),
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      const paths: string[] = [];
      for (const { name } of await readCourse(new URL("../../notebooks/", import.meta.url))) {
        paths.push(`${folder}/${name}.ipynb`);
        await Deno.writeTextFile(paths.at(-1)!, formatNotebook(await executed(name)));
      }
      const python = new Deno.Command(programFor("python3 with nbformat"), {
        args: ["-c", VALIDATE, ...paths],
      });
      const { code, stderr } = await python.output();
      assertEquals(new TextDecoder().decode(stderr), "");
      assertEquals(code, 0);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
