/** Environments by which Jupyter finds a user's data. */

/** The home of these tests. */
export const HOME = "/home/ada";
/** Variables, in all combinations that make a difference. */
export const ENVIRONMENTS: readonly Readonly<Record<string, string>>[] = [
  {},
  { JUPYTER_DATA_DIR: "/data" },
  { JUPYTER_DATA_DIR: "relative/data" },
  { JUPYTER_DATA_DIR: "" },
  { JUPYTER_DATA_DIR: "/data", JUPYTER_PLATFORM_DIRS: "1", XDG_DATA_HOME: "/xdg" },
  { XDG_DATA_HOME: "/xdg" },
  { XDG_DATA_HOME: "" },
  { XDG_DATA_HOME: "/xdg", JUPYTER_PLATFORM_DIRS: "1" },
  { JUPYTER_PLATFORM_DIRS: "1" },
  { JUPYTER_PLATFORM_DIRS: "False" },
  { JUPYTER_PLATFORM_DIRS: "0.0" },
  { JUPYTER_CONFIG_DIR: "/config" },
];
