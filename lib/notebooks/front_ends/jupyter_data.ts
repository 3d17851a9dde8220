/**
 * Where Jupyter keeps the data of one user, kernels among them, by Jupyter's own rules.
 *
 * Source: `jupyter_data_dir()` in jupyter_core/paths.py, 5.9, with platformdirs 4.14; described in
 * https://docs.jupyter.org/en/latest/use/jupyter-directories.html
 *
 * @module
 */
import { homedir } from "node:os";
import * as posix from "node:path/posix";
import * as windows from "node:path/win32";

/** What the folder depends on. */
export interface DataFolderOptions {
  /** The system; this one by default. */
  readonly os?: typeof Deno.build.os;
  /** The environment; that of this process by default. */
  readonly env?: Readonly<Record<string, string>>;
  /** The user's home; by default as the system says it. */
  readonly home?: string;
}

/** What jupyter_core takes for a "no" in a variable. */
const NO = ["no", "n", "false", "off", "0", "0.0"];

/** Returns the folder of the user's own Jupyter data. It need not exist. */
export function jupyterDataFolder(options: DataFolderOptions = {}): string {
  const { os = Deno.build.os, env = Deno.env.toObject(), home = homedir() } = options;
  const { join } = os === "windows" ? windows : posix;
  // An empty variable is none, but for JUPYTER_PLATFORM_DIRS.
  if (env.JUPYTER_DATA_DIR) return env.JUPYTER_DATA_DIR;
  const platform = env.JUPYTER_PLATFORM_DIRS;
  const likePlatform = platform !== undefined && !NO.includes(platform.toLowerCase());
  switch (os) {
    case "darwin":
      if (!likePlatform) return join(home, "Library", "Jupyter");
      return join(env.XDG_DATA_HOME || join(home, "Library", "Application Support"), "Jupyter");
    case "windows":
      if (likePlatform) return join(env.LOCALAPPDATA || join(home, "AppData", "Local"), "Jupyter");
      if (env.APPDATA) return join(env.APPDATA, "jupyter");
      return join(env.JUPYTER_CONFIG_DIR || join(home, ".jupyter"), "data");
    default:
      return join(env.XDG_DATA_HOME || join(home, ".local", "share"), "jupyter");
  }
}
