/**
 * Shows the range from which this computer picks its clients' ports, and can set another.
 *
 * Counterpart of the two commands on ip_local_port_range in the book chapter on ports and sockets,
 * `cat` and `sudo sysctl -w`, and of its table of the ranges of three systems.
 *
 * ```sh
 * deno run --allow-run ephemeral_range.ts                # shows it
 * sudo deno run --allow-run ephemeral_range.ts 10000 65535   # sets it (Linux)
 * unshare --user --map-root-user --net \
 *   deno run --allow-run ephemeral_range.ts 10000 65535  # in a network of its own
 * ```
 *
 * The range belongs to a network namespace. In a namespace of your own you may set it, and no
 * other program is affected.
 *
 * @module
 */

const LINUX_SETTING = "net.ipv4.ip_local_port_range";

const [firstText, lastText] = Deno.args;
if (firstText !== undefined) await set(readPort(firstText), readPort(lastText ?? ""));
const { first, last } = await read();
console.log(`${first} to ${last}: ${last - first + 1} ports`);

async function read(): Promise<{ first: number; last: number }> {
  const { os } = Deno.build;
  let numbers: number[] = [];
  if (os === "windows") { // first port and number of ports, with labels in the user's language
    const output = await run("netsh", ["int", "ipv4", "show", "dynamicport", "tcp"]);
    const [first = NaN, count = NaN] = (output.match(/[0-9]+/g) ?? []).map(Number).slice(-2);
    numbers = [first, first + count - 1];
  } else if (os === "darwin") {
    const names = ["net.inet.ip.portrange.first", "net.inet.ip.portrange.last"];
    numbers = (await run("sysctl", ["-n", ...names])).trim().split("\n").map(Number);
  } else if (os === "linux") {
    const text = await run("cat", [`/proc/sys/${LINUX_SETTING.replaceAll(".", "/")}`]);
    numbers = text.trim().split(/\s+/).map(Number);
  }
  const [first = NaN, last = NaN] = numbers;
  if (!(first <= last && last <= 65535)) {
    fail("Cannot read the range: this program does not know how on this system");
  }
  return { first, last };
}

async function set(first: number, last: number): Promise<void> {
  if (first > last) {
    refuse(`Cannot use the range ${first} to ${last}: its last port must not be below its first`);
  }
  if (Deno.build.os !== "linux") {
    fail("Cannot set the range: this program can do that on Linux only");
  }
  await run("sysctl", ["-w", `${LINUX_SETTING}=${first} ${last}`]);
}

async function run(command: string, args: string[]): Promise<string> {
  console.log(`$ ${command} ${args.map((arg) => arg.includes(" ") ? `"${arg}"` : arg).join(" ")}`);
  // sysctl is in a folder that only root's PATH contains.
  const env = { PATH: `${Deno.build.os === "windows" ? "" : "/usr/sbin:/sbin:/usr/bin:/bin"}` };
  const options = Deno.build.os === "windows" ? { args } : { args, env };
  try {
    const { success, stdout, stderr } = await new Deno.Command(command, options).output();
    const said = new TextDecoder().decode(success ? stdout : stderr);
    if (!success) fail(`Cannot run ${command}: ${said.trim()}`);
    return said;
  } catch (error) {
    fail(`Cannot run ${command}: ${error}`);
  }
}

/** Only digits; the kernel wants the first one above 0. */
function readPort(given: string): number {
  const port = /^[0-9]+$/.test(given) ? Number(given) : 0;
  if (port >= 1 && port <= 65535) return port;
  refuse(`Cannot use port ${Deno.inspect(given)}: it must be a whole number from 1 to 65535`);
}

function refuse(message: string): never {
  console.error(message);
  Deno.exit(2);
}

function fail(message: string): never {
  console.error(message);
  Deno.exit(1);
}
