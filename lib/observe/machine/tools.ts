/** The programs that the course uses where it finds them, and what brings one that is missing. */
import { findProgram } from "../../program/find_program.ts";

/** The package managers for which a remedy is known. */
export const PACKAGE_MANAGERS: readonly ["apt-get", "dnf", "pacman", "brew"] = [
  "apt-get",
  "dnf",
  "pacman",
  "brew",
];

/** One of them. */
export type PackageManager = typeof PACKAGE_MANAGERS[number];

/** A program that the course uses where it finds it; "cc" is any C compiler. */
export type Tool =
  | "ss"
  | "netstat"
  | "lsof"
  | "ip"
  | "unshare"
  | "nft"
  | "redis-server"
  | "python3"
  | "jupyter"
  | "cc";

/** What the course knows of a tool. */
export interface ToolFacts {
  /** What of the course uses it. */
  readonly neededFor: string;
  /** Under which names it may be found; its own by default. */
  readonly names?: readonly string[];
  /** The packages that bring it. Debian's were tried; the others are from the package lists. */
  readonly packages: Readonly<Partial<Record<PackageManager, string>>>;
  /** What to do where no package is known. */
  readonly otherwise: string;
}

/** What the course knows of each tool. */
export const TOOL_FACTS: Readonly<Record<Tool, ToolFacts>> = {
  ss: {
    neededFor: "the ss command",
    packages: { "apt-get": "iproute2", dnf: "iproute", pacman: "iproute2" },
    otherwise: 'Only Linux has it; "netstat -an" prints the same table',
  },
  netstat: {
    neededFor: "the netstat command",
    packages: { "apt-get": "net-tools", dnf: "net-tools", pacman: "net-tools" },
    otherwise: "Install the package that brings netstat, often net-tools",
  },
  lsof: {
    neededFor: "the lsof command",
    packages: { "apt-get": "lsof", dnf: "lsof", pacman: "lsof", brew: "lsof" },
    otherwise: "Install lsof with the system's package manager",
  },
  ip: {
    neededFor: "private networks",
    packages: { "apt-get": "iproute2", dnf: "iproute", pacman: "iproute2" },
    otherwise: "Only Linux has it; the notebooks go on without private networks",
  },
  unshare: {
    neededFor: "private networks",
    packages: { "apt-get": "util-linux", dnf: "util-linux", pacman: "util-linux" },
    otherwise: "Only Linux has it; the notebooks go on without private networks",
  },
  nft: {
    neededFor: "firewall rules and cables that lose packets",
    packages: { "apt-get": "nftables", dnf: "nftables", pacman: "nftables" },
    otherwise: "Only Linux has it; the cells say what they would have shown",
  },
  "redis-server": {
    neededFor: "a real database",
    packages: { "apt-get": "redis-server", dnf: "redis", brew: "redis" },
    otherwise: "Without it, a small server of the course answers",
  },
  python3: {
    neededFor: "comparisons with Python",
    packages: { "apt-get": "python3", dnf: "python3", pacman: "python", brew: "python" },
    otherwise: "Install Python from https://www.python.org/downloads/",
  },
  jupyter: {
    neededFor: "deno task jupyter",
    names: ["jupyter", "jupyter-notebook", "jupyter-lab"],
    packages: {
      "apt-get": "jupyter-notebook",
      dnf: "python3-notebook",
      pacman: "jupyter-notebook",
      brew: "jupyterlab",
    },
    otherwise: "python3 -m pip install --user notebook",
  },
  cc: {
    neededFor: "deno task bench",
    names: ["cc", "gcc", "clang"],
    packages: { "apt-get": "gcc libc6-dev", dnf: "gcc", pacman: "gcc" },
    otherwise: "Install gcc or clang (on macOS: xcode-select --install)",
  },
};

/** The tools in the order in which they are listed. */
export const TOOLS = Object.keys(TOOL_FACTS) as readonly Tool[];

const INSTALL: Readonly<Record<PackageManager, string>> = {
  "apt-get": "apt-get install -y",
  dnf: "dnf install -y",
  pacman: "pacman -S --noconfirm",
  brew: "brew install",
};

/** What a remedy depends on. */
export interface RemedyContext {
  /** The package manager of the machine, if it is a known one. */
  readonly manager: PackageManager | undefined;
  /** Whether commands that change the system need sudo before them. */
  readonly needsSudo: boolean;
}

/** Returns what brings a missing tool: a command, or a sentence where no package is known. */
export function toolRemedy(tool: Tool, { manager, needsSudo }: RemedyContext): string {
  const { packages, otherwise } = TOOL_FACTS[tool];
  const names = manager && packages[manager];
  if (manager === undefined || names === undefined) return otherwise;
  // Homebrew refuses to run as root.
  const sudo = needsSudo && manager !== "brew" ? "sudo " : "";
  return `${sudo}${INSTALL[manager]} ${names}`;
}

/** Returns the path of each tool that the machine has. */
export function findTools(): ReadonlyMap<Tool, string> {
  return new Map(TOOLS.flatMap((tool) => {
    const { names = [tool] } = TOOL_FACTS[tool];
    const path = names.map((name) => findProgram(name)).find((each) => each !== undefined);
    return path === undefined ? [] : [[tool, path]];
  }));
}

/** Returns the first package manager that the machine has. */
export function findPackageManager(): PackageManager | undefined {
  return PACKAGE_MANAGERS.find((manager) => findProgram(manager) !== undefined);
}
