/**
 * Shows which ports are listening, which connections are open and which process has a port, with
 * whichever tool this computer has.
 *
 * Counterpart of the commands in the section on viewing port usage of the book chapter on ports
 * and sockets: `netstat -tlnp`, `ss -tlnp`, `netstat -anp | grep ESTABLISHED`, `lsof -i :80`, and
 * on Windows `netstat -an` and `netstat -ano` with `findstr`. Each tool has different flags on
 * each system (on macOS, `netstat -p` expects a protocol and does not print the process). This
 * program knows them.
 *
 * ```sh
 * deno run --allow-run port_usage.ts listening        # all listening TCP ports
 * deno run --allow-run port_usage.ts connected        # all TCP connections
 * deno run --allow-run port_usage.ts owner 80         # what has port 80, and which process
 * deno run --allow-run port_usage.ts owner 80 lsof    # asking this tool and no other
 * ```
 *
 * It prints the command, so that you can type it yourself, and the lines of its output that
 * matter. A tool can name the process only for your own sockets; as root, for all.
 *
 * @module
 */

/** A command, and which of its lines are wanted. */
type Question = { readonly words: readonly string[]; readonly wants: (line: string) => boolean };
/** These two print a line of titles above their rows; ss does so even if it has no row. */
const TITLED = ["ss", "lsof"];
type What = "listening" | "connected" | "owner";

const [what = "listening", ...rest] = Deno.args;
if (what !== "listening" && what !== "connected" && what !== "owner") {
  refuse(`Cannot show ${Deno.inspect(what)}: it must be listening, connected or owner`);
}
const port = what === "owner" ? readPort(rest.shift() ?? "80") : 0;
const questions = questionsOf(what, port);
const [tool] = rest;
if (tool !== undefined && !questions.some(({ words }) => words[0] === tool)) {
  const known = questions.map(({ words }) => words[0]).join(", ");
  refuse(`Cannot ask ${Deno.inspect(tool)}: here it must be one of ${known}`);
}

const asked = questions.filter(({ words }) => tool === undefined || words[0] === tool);
if (!await askFirst(asked)) {
  console.error(
    `Cannot ask ${asked.map(({ words }) => words[0]).join(" or ")}: not installed here`,
  );
  Deno.exit(1);
}

function questionsOf(what: What, port: number): Question[] {
  type Wants = Question["wants"];
  const all: Wants = () => true;
  const has = (pattern: RegExp) => (line: string) => pattern.test(line);
  const atPort = has(new RegExp(`[:.]${port}\\s`));
  const inState = what === "listening" ? has(/\bLISTEN(ING)?\b/) : has(/\bESTABLISHED\b|\bESTAB\b/);
  const lsof = what === "owner"
    ? ["-nP", `-i:${port}`]
    : ["-nP", "-iTCP", `-sTCP:${what === "listening" ? "LISTEN" : "ESTABLISHED"}`];
  const ask = (command: string, args: readonly string[], wants: Wants = all): Question => ({
    words: [command, ...args],
    wants,
  });
  switch (Deno.build.os) {
    case "windows":
      return [ask("netstat", ["-ano"], what === "owner" ? atPort : inState)];
    case "darwin":
      return [
        ask("lsof", lsof),
        ask("netstat", ["-an", "-p", "tcp"], what === "owner" ? atPort : inState),
      ];
  }
  if (what === "listening") {
    return [ask("ss", ["-tlnp"]), ask("netstat", ["-tlnp"], inState), ask("lsof", lsof)];
  }
  if (what === "connected") {
    return [
      ask("ss", ["-tnp", "state", "established"]),
      ask("netstat", ["-anp"], inState),
      ask("lsof", lsof),
    ];
  }
  const filter = `sport = :${port} or dport = :${port}`;
  return [ask("lsof", lsof), ask("ss", ["-tuanp", filter]), ask("netstat", ["-tuanp"], atPort)];
}

/** Asks the first tool that is installed; false if none is. */
async function askFirst(questions: readonly Question[]): Promise<boolean> {
  for (const { words, wants } of questions) {
    const [command = "", ...args] = words;
    let output: Deno.CommandOutput;
    try {
      output = await new Deno.Command(command, { args, stderr: "null" }).output();
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) continue;
      console.error(`Cannot run ${command}: ${error}`);
      Deno.exit(1);
    }
    console.log(`$ ${words.map((word) => word.includes(" ") ? `'${word}'` : word).join(" ")}`);
    // lsof and netstat exit with their own code for "nothing found".
    const lines = new TextDecoder().decode(output.stdout).split(/\r?\n/);
    const wanted = lines.filter((line) => line !== "" && wants(line));
    const titles = TITLED.includes(command) ? 1 : 0;
    const shown = wanted.length > titles ? wanted : ["Nothing"];
    for (const line of shown) console.log(line.replace(/\p{Cc}/gu, " "));
    return true;
  }
  return false;
}

/** Digits only: "0x50" and " 80" are refused. */
function readPort(given: string): number {
  const port = /^[0-9]+$/.test(given) ? Number(given) : 0;
  if (port >= 1 && port <= 65535) return port;
  refuse(`Cannot use port ${Deno.inspect(given)}: it must be a whole number from 1 to 65535`);
}

function refuse(message: string): never {
  console.error(message);
  Deno.exit(2);
}
