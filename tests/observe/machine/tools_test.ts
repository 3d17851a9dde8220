import { assertEquals, assertMatch } from "@std/assert";
import {
  PACKAGE_MANAGERS,
  type RemedyContext,
  type Tool,
  toolRemedy,
  TOOLS,
} from "../../../lib/observe/machine/tools.ts";

const DEBIAN: RemedyContext = { manager: "apt-get", needsSudo: true };

Deno.test("toolRemedy() is a command of the machine's own package manager", () => {
  const table: [tool: Tool, context: RemedyContext, remedy: string][] = [
    ["ss", DEBIAN, "sudo apt-get install -y iproute2"],
    ["ss", { ...DEBIAN, needsSudo: false }, "apt-get install -y iproute2"],
    ["ss", { manager: "dnf", needsSudo: true }, "sudo dnf install -y iproute"],
    ["cc", DEBIAN, "sudo apt-get install -y gcc libc6-dev"],
    ["python3", { manager: "pacman", needsSudo: true }, "sudo pacman -S --noconfirm python"],
    ["jupyter", { manager: "brew", needsSudo: true }, "brew install jupyterlab"],
    [
      "ss",
      { manager: "brew", needsSudo: true },
      'Only Linux has it; "netstat -an" prints the same table',
    ],
    [
      "jupyter",
      { manager: undefined, needsSudo: true },
      "python3 -m pip install --user notebook",
    ],
  ];
  for (const [tool, context, remedy] of table) assertEquals(toolRemedy(tool, context), remedy);
});

Deno.test("toolRemedy() has something to say about every tool everywhere", () => {
  for (const tool of TOOLS) {
    for (const manager of [...PACKAGE_MANAGERS, undefined]) {
      assertMatch(toolRemedy(tool, { manager, needsSudo: true }), /^\S+ .*\S$/);
    }
  }
});
