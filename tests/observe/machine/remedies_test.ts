import { assertEquals, assertMatch } from "@std/assert";
import {
  type CureContext,
  namespaceCure,
  type NamespaceSettings,
  PACKAGE_MANAGERS,
  type Tool,
  toolCure,
  TOOLS,
} from "../../../lib/observe/machine/_remedies.ts";

const DEBIAN: CureContext = { manager: "apt-get", needsSudo: true };

Deno.test("toolCure() is a command of the machine's own package manager", () => {
  const table: [tool: Tool, context: CureContext, cure: string][] = [
    ["ss", DEBIAN, "sudo apt-get install -y iproute2"],
    ["ss", { ...DEBIAN, needsSudo: false }, "apt-get install -y iproute2"],
    ["ss", { manager: "dnf", needsSudo: true }, "sudo dnf install -y iproute"],
    ["cc", DEBIAN, "sudo apt-get install -y gcc libc6-dev"],
    ["python3", { manager: "pacman", needsSudo: true }, "sudo pacman -S --noconfirm python"],
    ["jupyter", { manager: "brew", needsSudo: true }, "brew install jupyterlab"],
    [
      "ss",
      { manager: "brew", needsSudo: true },
      'Linux alone has it; "netstat -an" prints the same table',
    ],
    [
      "jupyter",
      { manager: undefined, needsSudo: true },
      "python3 -m pip install --user notebook",
    ],
  ];
  for (const [tool, context, cure] of table) assertEquals(toolCure(tool, context), cure);
});

Deno.test("toolCure() has something to say about every tool everywhere", () => {
  for (const tool of TOOLS) {
    for (const manager of [...PACKAGE_MANAGERS, undefined]) {
      assertMatch(toolCure(tool, { manager, needsSudo: true }), /^\S+ .*\S$/);
    }
  }
});

Deno.test("namespaceCure() takes the hindrance away that is there", () => {
  const free: NamespaceSettings = {
    hasUnshare: true,
    maxUserNamespaces: 96_365,
    isContainer: false,
  };
  const table: [settings: Partial<NamespaceSettings>, cure: string][] = [
    [{ hasUnshare: false }, "sudo apt-get install -y util-linux"],
    [{ maxUserNamespaces: 0 }, "sudo sysctl -w user.max_user_namespaces=10000"],
    [{ unprivilegedClone: 0 }, "sudo sysctl -w kernel.unprivileged_userns_clone=1"],
    [
      { apparmorRestricts: 1 },
      "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
    ],
    [
      { isContainer: true, apparmorRestricts: 1 },
      "Start the container with --security-opt seccomp=unconfined --security-opt " +
      "apparmor=unconfined",
    ],
    [
      { unprivilegedClone: 1, apparmorRestricts: 0 },
      'See what "unshare -Urn true" says; the notebooks go on without private networks',
    ],
  ];
  for (const [settings, cure] of table) {
    assertEquals(namespaceCure({ ...free, ...settings }, DEBIAN), cure);
  }
});
