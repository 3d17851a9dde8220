import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { jupyterDataFolder } from "../../lib/notebooks/front_ends/jupyter_data.ts";
import { ENVIRONMENTS, HOME } from "../notebooks/front_ends/_environments.ts";
import { programFor, requires } from "../requirements.ts";

/** Jupyter takes the name of the system from Python, and the home from the environment. */
const SCRIPT = `
import json, os, sys
sys.platform = sys.argv[1]
from jupyter_core.paths import jupyter_data_dir
answers = []
for env in json.loads(sys.argv[2]):
    os.environ.clear()
    os.environ.update(env)
    os.environ["HOME"] = "${HOME}"
    answers.append(jupyter_data_dir())
print(json.dumps(answers))`;

for (const os of ["linux", "darwin"] as const) {
  Deno.test({
    name: `jupyterDataFolder() answers as Jupyter itself does on ${os}`,
    ...requires("JupyterLab 4"),
    async fn() {
      const python = join(programFor("JupyterLab 4"), "..", "python3");
      const { stdout, stderr } = await new Deno.Command(python, {
        args: ["-c", SCRIPT, os, JSON.stringify(ENVIRONMENTS)],
      }).output();
      const said = new TextDecoder().decode(stdout) || new TextDecoder().decode(stderr);
      const ours = ENVIRONMENTS.map((env) => jupyterDataFolder({ os, env, home: HOME }));
      assertEquals(JSON.parse(said), ours);
    },
  });
}
