import { assertEquals } from "@std/assert";
import { jupyterDataFolder } from "../../../lib/notebooks/front_ends/jupyter_data.ts";
import { ENVIRONMENTS, HOME } from "./_environments.ts";

Deno.test("jupyterDataFolder() follows Jupyter's rules on Linux and macOS", () => {
  const answers = ENVIRONMENTS.map((env) =>
    (["linux", "darwin"] as const).map((os) => jupyterDataFolder({ os, env, home: HOME }))
  );
  const mac = `${HOME}/Library/Jupyter`;
  const local = `${HOME}/.local/share/jupyter`;
  const support = `${HOME}/Library/Application Support/Jupyter`;
  assertEquals(answers, [
    [local, mac],
    ["/data", "/data"],
    ["relative/data", "relative/data"],
    [local, mac],
    ["/data", "/data"],
    ["/xdg/jupyter", mac],
    [local, mac],
    ["/xdg/jupyter", "/xdg/Jupyter"],
    [local, support],
    [local, mac],
    [local, mac],
    [local, mac],
  ]);
});

Deno.test("jupyterDataFolder() follows Jupyter's rules on Windows", () => {
  const home = "C:\\Users\\ada";
  for (
    const [env, folder] of [
      [{ APPDATA: "C:\\Users\\ada\\Roaming" }, "C:\\Users\\ada\\Roaming\\jupyter"],
      [{ APPDATA: "C:\\R", JUPYTER_DATA_DIR: "D:\\data" }, "D:\\data"],
      [{}, "C:\\Users\\ada\\.jupyter\\data"],
      [{ JUPYTER_CONFIG_DIR: "D:\\config" }, "D:\\config\\data"],
      [{ APPDATA: "C:\\R", LOCALAPPDATA: "C:\\L", JUPYTER_PLATFORM_DIRS: "1" }, "C:\\L\\Jupyter"],
    ] as const
  ) {
    assertEquals(jupyterDataFolder({ os: "windows", env, home }), folder);
  }
});
