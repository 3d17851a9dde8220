/** What to do about something that a machine lacks: a command where there is one, else a sentence. */
import {
  forbiddenNamespaceRemedy,
  type NamespaceLimits,
  sysctlRemedy,
} from "../../system/namespace_limits.ts";

export { sysctlRemedy };

/** The programs that the course uses where it finds them; "cc" is any C compiler. */
export type Tool = "ss" | "netstat" | "lsof" | "ip" | "unshare" | "python3" | "jupyter" | "cc";

/** All of them, in the order in which they are listed. */
export const TOOLS: readonly Tool[] = [
  "ss",
  "netstat",
  "lsof",
  "ip",
  "unshare",
  "python3",
  "jupyter",
  "cc",
];

/** The package managers for which cures are known. */
export const PACKAGE_MANAGERS = ["apt-get", "dnf", "pacman", "brew"] as const;

/** One of them. */
export type PackageManager = typeof PACKAGE_MANAGERS[number];

/** Debian's names were tried; the others are those of the distributions' own package lists. */
const PACKAGES: Readonly<Record<Tool, Readonly<Partial<Record<PackageManager, string>>>>> = {
  ss: { "apt-get": "iproute2", dnf: "iproute", pacman: "iproute2" },
  netstat: { "apt-get": "net-tools", dnf: "net-tools", pacman: "net-tools" },
  lsof: { "apt-get": "lsof", dnf: "lsof", pacman: "lsof", brew: "lsof" },
  ip: { "apt-get": "iproute2", dnf: "iproute", pacman: "iproute2" },
  unshare: { "apt-get": "util-linux", dnf: "util-linux", pacman: "util-linux" },
  python3: { "apt-get": "python3", dnf: "python3", pacman: "python", brew: "python" },
  jupyter: {
    "apt-get": "jupyter-notebook",
    dnf: "python3-notebook",
    pacman: "jupyter-notebook",
    brew: "jupyterlab",
  },
  cc: { "apt-get": "gcc libc6-dev", dnf: "gcc", pacman: "gcc" },
};

const INSTALL: Readonly<Record<PackageManager, string>> = {
  "apt-get": "apt-get install -y",
  dnf: "dnf install -y",
  pacman: "pacman -S --noconfirm",
  brew: "brew install",
};

/** Where no package is known. */
const SENTENCES: Readonly<Record<Tool, string>> = {
  ss: 'Linux alone has it; "netstat -an" prints the same table',
  netstat: "Install the package that brings netstat, often net-tools",
  lsof: "Install lsof with the system's package manager",
  ip: "Linux alone has it; the notebooks go on without private networks",
  unshare: "Linux alone has it; the notebooks go on without private networks",
  python3: "Install Python from https://www.python.org/downloads/",
  jupyter: "python3 -m pip install --user notebook",
  cc: "Install gcc or clang (on macOS: xcode-select --install)",
};

/** What a cure depends on. */
export interface CureContext {
  /** The package manager that the machine has, if it has a known one. */
  readonly manager: PackageManager | undefined;
  /** Whether commands that change the system need sudo before them. */
  readonly needsSudo: boolean;
}

/** Returns what brings a missing tool. */
export function toolCure(tool: Tool, { manager, needsSudo }: CureContext): string {
  const packages = manager && PACKAGES[tool][manager];
  if (manager === undefined || packages === undefined) return SENTENCES[tool];
  // Homebrew refuses to run as root.
  const sudo = needsSudo && manager !== "brew" ? "sudo " : "";
  return `${sudo}${INSTALL[manager]} ${packages}`;
}

/** What may stand in the way of a namespace. */
export interface NamespaceSettings extends NamespaceLimits {
  /** Whether unshare(1) is there. */
  readonly hasUnshare: boolean;
}

/** Returns what makes user and network namespaces possible, the likeliest hindrance first. */
export function namespaceCure(settings: NamespaceSettings, context: CureContext): string {
  if (!settings.hasUnshare) return toolCure("unshare", context);
  return forbiddenNamespaceRemedy(settings, context);
}
