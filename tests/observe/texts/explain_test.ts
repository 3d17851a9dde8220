import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { DISPLAY, explain } from "fourtuple";
import { isRefusal } from "../../../lib/refusal.ts";

/** The parts with their meaning on one system. */
function parts(command: string, system: "Linux" | "macOS" | "Windows" = "Linux"): string[] {
  return explain(command).parts.map(({ text, meanings }) => `${text}: ${meanings[system] ?? "-"}`);
}

const ALL = "all sockets, also those that wait for somebody";

Deno.test("explain() takes the articles' commands apart, for each system", () => {
  assertEquals(parts("netstat -tlnp"), [
    "-t: TCP sockets",
    "-l: only sockets that wait for somebody",
    "-n: numbers, not names of hosts, ports and users",
    "-p: who has it, as PID/program; others' only for root",
  ]);
  assertEquals(parts("netstat -tlnp", "macOS"), [
    "-t: nothing about sockets: a timer of interfaces, with -i",
    "-l: IPv6 addresses are not cut off",
    "-n: numbers, not names of hosts and ports",
    "-p: only one protocol, whose name follows",
  ]);
  assertEquals(parts("ss -tlnp"), [
    "-t: TCP sockets",
    "-l: only sockets that wait for somebody",
    "-n: numbers, not names of services",
    "-p: who has it: program, pid and descriptor; others' only for root",
  ]);
  assertEquals(
    parts("netstat -anp | grep ESTABLISHED").at(-1),
    '| grep ESTABLISHED: only lines with "ESTABLISHED"',
  );
  assertEquals(parts("lsof -i :80"), [
    "-i: only Internet sockets; without it, everything that is open",
    ":80: only sockets with the port 80 at either end",
  ]);
  assertEquals(parts("netstat -an | findstr LISTENING", "Windows"), [
    `-a: ${ALL}`,
    "-n: numbers, not names of hosts and ports",
    '| findstr LISTENING: only lines with "LISTENING"',
  ]);
  assertEquals(parts("netstat -ano | findstr :80", "Windows").slice(2), [
    "-o: the PID of the process that has it",
    '| findstr :80: only lines with ":80": port 80 at either end, and each port that begins with 80',
  ]);
  assertEquals(parts("netstat -ano | findstr :80", "Linux").slice(2), [
    "-o: the timer, too",
    "| findstr :80: there is no findstr",
  ]);
});

Deno.test("explain() reads arguments, long names, filters and sudo", () => {
  const table: [command: string, parts: string[]][] = [
    ["lsof -nPi:8080 -sTCP:LISTEN", [
      "-n: addresses, not names of hosts",
      "-P: numbers, not names of ports",
      "-i:8080: only sockets with the port 8080 at either end",
      "-sTCP:LISTEN: only TCP sockets in LISTEN",
    ]],
    ["lsof -i6TCP@[::1]:80,443", [
      "-i6TCP@[::1]:80,443: only IPv6 TCP sockets with the address [::1] at either end with the " +
      "port 80,443 at either end",
    ]],
    ["lsof -p 123 -a -i", [
      "-p: only of these processes",
      "123: their numbers, for -p",
      "-a: all conditions must hold; without it, one is enough",
      "-i: only Internet sockets; without it, everything that is open",
    ]],
    ["sudo ss --tcp --listening", [
      "sudo: as root, who may see everybody's processes",
      "--tcp: TCP sockets",
      "--listening: only sockets that wait for somebody",
    ]],
    ["ss -t state time-wait '( sport = :80 or dport=:443 )'", [
      "-t: TCP sockets",
      "state time-wait: only sockets in the state time-wait",
      "(: what belongs together",
      "sport = :80: only with the local port 80",
      "or: or",
      "dport = :443: only with the remote port 443",
      "): what belongs together",
    ]],
    ["ss -tn sport gt :1024 and dport != :22", [
      "-t: TCP sockets",
      "-n: numbers, not names of services",
      "sport gt :1024: only with a local port above 1024",
      "and: and also",
      "dport != :22: only with a remote port other than 22",
    ]],
    [String.raw`ss \( sport \>= 1024 or dev eth0 \) autobound`, [
      "(: what belongs together",
      "sport >= 1024: only with a local port from 1024",
      "or: or",
      "dev eth0: only bound to the device eth0",
      "): what belongs together",
      "autobound: only with a local port that the kernel has chosen",
    ]],
    ["lsof -F pcn +D /tmp +c 15 -i", [
      "-F: a field a line, for other programs",
      "pcn: the fields, for -F",
      "+D /tmp: who has files in the folder /tmp open, at any depth",
      "+c 15: 15 characters of a program's name",
      "-i: only Internet sockets; without it, everything that is open",
    ]],
    ["ss", []],
    ["netstat -an | grep -v TIME_WAIT", [
      `-a: ${ALL}`,
      "-n: numbers, not names of hosts, ports and users",
      '| grep -v TIME_WAIT: only lines without "TIME_WAIT"',
    ]],
  ];
  for (const [command, expected] of table) assertEquals(parts(command), expected, command);
});

Deno.test("explain() knows the options of the notebooks and articles, and says which it does not", () => {
  const known = [
    "ss -tanB",
    "ss -tlnp",
    "ss -tanp sport = :80 or dport = :80",
    "ss -o",
    "netstat -tlnp",
    "netstat -anp | grep ESTABLISHED",
    "netstat -ano | findstr :80",
    "netstat -an | findstr LISTENING",
    "netstat -W",
    "lsof -i :80",
    "lsof -nP -i :80",
    "lsof -nPl -i -Tqs +c15",
    "lsof -nP +c 15 -iTCP -s TCP:LISTEN",
    "lsof -E -K i -d 3 -i",
    "netstat -l --inet --numeric-ports",
    "ss -tlnp | egrep ':80|:443'",
    'netstat -ano | find "8080"',
    "ss --family=inet",
  ];
  for (const command of known) assertEquals(explain(command).unknown, [], command);
  const table: [command: string, unknown: string[], known: string][] = [
    ["ss -tQ", ["-Q"], "-t: TCP sockets"],
    ["ss -Qt --tipcinfo", ["-Q", "--tipcinfo"], "-t: TCP sockets"],
    ["netstat -tz", ["-z"], "-t: TCP sockets"],
    ["lsof --tcp -n", ["--tcp"], "-n: addresses, not names of hosts"],
    ["lsof -n +r1", ["+r1"], "-n: addresses, not names of hosts"],
  ];
  for (const [command, unknown, sure] of table) {
    const explanation = explain(command);
    assertEquals([explanation.unknown, explanation.refusals.Linux], [unknown, undefined], command);
    const said = unknown.map((option) => `${option}: an option that is not known here`);
    for (const part of [...said, sure]) {
      assert(parts(command).includes(part), `${part} in ${parts(command)}`);
    }
  }
  // Known on another system only: there is none here.
  assertEquals([explain("netstat -ao").unknown, parts("netstat -ao", "macOS")[1]], [
    [],
    "-o: there is none",
  ]);
  const grep = explain("netstat -an | grep -E LISTEN");
  assertEquals(grep.unknown, ["-E"]);
  assertEquals(
    grep.parts.at(-1)!.meanings.Linux,
    'only lines with "LISTEN"; -E is not known here',
  );
});

Deno.test("explain() says which system refuses a command, and why", () => {
  const wants = "-p needs the protocol's name, got ";
  const unknown = "it takes only options of its own, got ";
  const table: [command: string, refusals: Record<string, string>][] = [
    ["netstat -tlnp", { macOS: `${wants}none`, Windows: `${unknown}-l` }],
    ["netstat -tlpn", { macOS: `${wants}"n"`, Windows: `${unknown}-l` }],
    ["netstat -anp", { macOS: `${wants}none`, Windows: `${wants}none` }],
    ["netstat -anp tcp", {}],
    ["netstat -ano", { macOS: `${unknown}-o` }],
    ["netstat -an 5", {}],
    ["netstat -an x", { Windows: 'a word is an option or its argument, got "x"' }],
    ["netstat -anv", { Windows: `${unknown}-v` }],
    ["netstat --tcp", { macOS: `${unknown}--tcp`, Windows: `${unknown}--tcp` }],
    ["ss -tlnp", {}],
  ];
  for (const [command, refusals] of table) {
    assertEquals(explain(command).refusals, refusals, command);
  }
});

Deno.test("explain() shows itself as a table, with a column a system where they differ", () => {
  const netstat = explain("netstat -an").toTable();
  assertEquals(netstat.columns, ["part", "on Linux", "on macOS", "on Windows"]);
  assertEquals(netstat.caption, "netstat -an");
  const lsof = explain(" lsof -i ").toTable();
  assertEquals([lsof.columns, lsof.caption], [["part", "meaning"], "lsof -i"]);
  assertEquals(
    explain("netstat -tlnp").toTable().caption,
    "netstat -tlnp – macOS refuses it: -p needs the protocol's name, got none. " +
      "Windows refuses it: it takes only options of its own, got -l.",
  );
  assertEquals(
    explain("ss -t")[DISPLAY]()["text/plain"],
    "ss -t\npart  meaning\n-t    TCP sockets",
  );
});

Deno.test("explain() refuses other programs, missing arguments and more of the shell, by name", () => {
  const table: [command: string, part: string][] = [
    ["", '""'],
    ["nmap -p 80", '"nmap"'],
    ["sudo", '""'],
    ["toString -a", '"toString"'],
    ["lsof -i foo", '"foo"'],
    ["lsof -p", "none"],
    ["ss --threads=2", '"2"'],
    ["lsof -Q -p", "none"],
    ["ss foo", '"foo"'],
    ["ss –tln", '"–tln"'],
    ["ss dport > :80", '">"'],
    ["netstat -an; ls", '"-an;"'],
    ["netstat -an > out.txt", '">"'],
    ["netstat -an | sort", '"sort"'],
    ["netstat -an |", '""'],
    ["netstat -an | grep", "none"],
    ["netstat -an | grep a b", '"b"'],
    ["ss 'sport = :80", '"\'sport = :80"'],
  ];
  for (const [command, part] of table) {
    const error = assertThrows(() => explain(command), SyntaxError);
    assert(isRefusal(error));
    assertEquals(error.part, part, command);
  }
  assertThrows(() => explain(80 as unknown as string), TypeError);
});

Deno.test("explain() explains or refuses whatever is typed", () => {
  const word = fc.constantFrom(
    "ss",
    "netstat",
    "lsof",
    "sudo",
    "-i",
    ":80",
    "-tlnp",
    "-ano",
    "|",
    "grep",
    "state",
    "=",
    "'",
    "-p",
    "tcp",
    "--tcp",
    "-sTCP:LISTEN",
    "(",
  );
  const command = fc.oneof(
    fc.string(),
    fc.array(word, { maxLength: 8 }).map((words) => words.join(" ")),
    fc.tuple(fc.constantFrom("ss -", "netstat -", "lsof -"), fc.string()).map((both) =>
      both.join("")
    ),
  );
  fc.assert(fc.property(command, (command) => {
    let explanation;
    try {
      explanation = explain(command);
    } catch (error) {
      assert(error instanceof SyntaxError, String(error));
      return;
    }
    const told = explanation.parts.every(({ meanings }) => Object.keys(meanings).length > 0);
    assert(told, command);
    assert(String(explanation).includes(explanation.command));
  }));
});
