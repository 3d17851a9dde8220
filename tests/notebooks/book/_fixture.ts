/** A notebook that was run, with everything that a page must show. */
import { DISPLAY, type Displayable } from "../../../lib/show/display.ts";
import { Figure } from "../../../lib/show/figure.ts";
import {
  type Cell,
  DENO_METADATA,
  type Notebook,
  type Output,
} from "../../../lib/notebooks/format/notebook.ts";
import { Table } from "../../../lib/show/table.ts";

/** Returns the notebook; its figures are the kit's own. */
export async function fixtureNotebook(): Promise<Notebook> {
  let cells = 0;
  let runs = 0;
  const prose = (source: string): Cell => (
    { cell_type: "markdown", id: `cell-${++cells}`, metadata: {}, source }
  );
  const code = (source: string, ...outputs: readonly Output[]): Cell => (
    {
      cell_type: "code",
      id: `cell-${++cells}`,
      metadata: {},
      source,
      execution_count: ++runs,
      outputs,
    }
  );
  return {
    metadata: DENO_METADATA,
    cells: [
      prose(
        "# What is a port?\n\nSixteen bits in the header of every segment, by which the kernel finds the " +
          "socket that a segment is for. You will see *one host run four services at once*, and what " +
          "`EADDRINUSE` means. About 20 minutes; before it comes [Clients and servers](01_clients.ipynb).",
      ),
      prose("First what we need; `Table` and `Figure` show themselves."),
      code(
        `import { Figure, Table } from "fourtuple";\nimport { assertEquals } from "@std/assert";`,
      ),
      prose("## Sixteen bits\n\n**Predict:** how many ports are there, and is 0 one of them?"),
      code("2 ** 16", value("\x1b[33m65536\x1b[39m")),
      prose(
        "So the numbers run from 0 to 65,535. Three ranges share them, as RFC 6335 has it:\n\n" +
          "| Range | IANA's name | Who may bind | What it is for |\n|--:|---|---|---|\n" +
          "| 0–1023 | system | a privileged process | services that everybody must find |\n" +
          "| 1024–49151 | user | anybody | services that registered a number |\n" +
          "| 49152–65535 | dynamic | anybody | nobody's: the kernel lends them |\n\n" +
          "> A port number does not name a process. It names a place where a process may wait.\n\n" +
          "1. Read the [registry](https://www.iana.org/assignments/service-names-port-numbers).\n" +
          "2. Compare with `/etc/services`.\n   - on Debian\n   - on macOS",
      ),
      prose(
        "## Services\n\nA listener holds its port until it is closed. Watch the kernel's own rows.",
      ),
      code(
        `const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });\n` +
          `// One connection, both ends in this process; a time limit on every wait\n` +
          `const [client, server] = await Promise.all([Deno.connect({ ...listener.addr }), listener.accept()]);\n` +
          `for (const port of [client.localAddr.port, server.localAddr.port]) console.log("port", port, port > 1023);\n` +
          `new Table({ columns, rows, caption: "What the kernel holds" });`,
        stream("stdout", "port 51234 \x1b[33mtrue\x1b[39m\n"),
        stream("stdout", "port 80 \x1b[33mfalse\x1b[39m\n"),
        stream(
          "stderr",
          "\x1b[33mwarning\x1b[0m: <b>this is not bold</b> & the line is " + "long ".repeat(30),
        ),
        await shown(
          new Table({
            caption: "What the kernel holds",
            columns: [
              "protocol",
              "state",
              "local",
              "remote",
              "receive queue",
              "send queue",
              "inode",
            ],
            rows: [
              ["tcp", "LISTEN", "127.0.0.1:80", "0.0.0.0:*", 0, 511, 118211],
              ["tcp", "ESTABLISHED", "127.0.0.1:51234", "127.0.0.1:80", 0, 0, 118212],
              ["tcp", "ESTABLISHED", "127.0.0.1:80", "127.0.0.1:51234", 0, 0, 118213],
            ],
          }),
        ),
      ),
      prose("A refusal is an answer too. This cell **must** fail, and says which call did:"),
      code(`Deno.listen({ hostname: "127.0.0.1", port: 80 });`, {
        output_type: "error",
        ename: "AddrInUse",
        evalue: "Address already in use (os error 98)",
        traceback: [
          "AddrInUse: Address already in use (os error 98)",
          "    at listen (ext:deno_net/01_net.js:1:7211)",
          "    at <anonymous>:1:33",
        ],
      }),
      prose(
        "## The sockets, side by side\n\nHorizontally the side, vertically how many sockets it holds.",
      ),
      code(`sides(rows)`, await shown(bars("Sockets on each side"))),
      prose("The server holds two: the listening one and the accepted one."),
      code(`strip(ports)`, await shown(strip())),
      prose("Both ends of the range are used, as the dots show."),
      prose(
        "## Summary\n\n- A port is a number of 16 bits.\n- It belongs to an address *and* a protocol.\n" +
          "- `Deno.listen` with port 0 asks the kernel to pick one.\n\n" +
          "## Exercises\n\n**1. Break it.** Bind one port twice. Which call fails?\n\n" +
          "<details>\n<summary>A hint</summary>\n\nLook at `error.code`, and at the *second* call:\n\n" +
          "```ts\nconst second = Deno.listen({ port });\n```\n\n</details>",
      ),
      code('const answer: string = ""; // your answer: the name of the error'),
      code(
        `check(answer)`,
        {
          output_type: "display_data",
          data: { "text/markdown": "Not yet: *try it.*" },
          metadata: {},
        },
        {
          output_type: "display_data",
          data: { "image/png": DOT, "text/plain": "a dot" },
          metadata: {},
        },
      ),
      prose("Next: [Sockets and system calls](03_sockets.ipynb#a-life)."),
    ],
  };
}

const DOT =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

function bars(title: string): Figure {
  return new Figure({
    data: [{
      type: "bar",
      x: ["client", "server"],
      y: [1, 2],
      marker: { color: ["#0072b2", "#d55e00"] },
    }],
    layout: {
      title: { text: title },
      xaxis: { title: { text: "side" } },
      yaxis: { title: { text: "sockets" }, dtick: 1 },
    },
    table: new Table({ columns: ["side", "sockets"], rows: [["client", 1], ["server", 2]] }),
  });
}

function strip(): Figure {
  const ports = [22, 80, 443, 3306, 8080, 27017, 51234, 60999];
  return new Figure({
    data: [{
      type: "scatter",
      mode: "markers",
      name: "listening on this host",
      x: ports,
      y: ports.map(() => 0),
    }],
    layout: {
      title: { text: "Ports in use" },
      xaxis: { title: { text: "port" }, range: [0, 65535] },
      yaxis: { visible: false },
      height: 240,
      showlegend: true,
    },
    table: new Table({ columns: ["port"], rows: ports.map((port) => [port]) }),
  });
}

function value(text: string): Output {
  return {
    output_type: "execute_result",
    data: { "text/plain": text },
    metadata: {},
    execution_count: 1,
  };
}

function stream(name: string, text: string): Output {
  return { output_type: "stream", name, text };
}

async function shown(value: Displayable): Promise<Output> {
  const data = await value[DISPLAY]();
  return { output_type: "execute_result", data, metadata: {}, execution_count: 1 };
}
