import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { askTool, DISPLAY, ToolAnswer, type ToolRow } from "fourtuple";
import { exampleUrl, PrivateNetwork, Program } from "fourtuple";
import { requires } from "../../requirements.ts";
import { isRefusal } from "../../../lib/refusal.ts";

for (
  const [tool, all, one] of [
    ["ss", "ss -tan", "ss -tan sport = :PORT"],
    ["netstat", "netstat -tan", "netstat -tan | grep :PORT"],
    ["lsof", "lsof -nP -iTCP", "lsof -nP -iTCP:PORT"],
  ] as const
) {
  Deno.test({
    name: `askTool() gets the rows of ${tool} on this machine`,
    ...requires(tool),
    async fn() {
      using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const { port } = listener.addr;
      const isOurs = ({ local, state }: { local: { port: number }; state: string }) =>
        local.port === port && state === "LISTEN";
      const every = await askTool(all);
      assertEquals(every.rows.filter(isOurs).map(({ local }) => String(local)), [
        `127.0.0.1:${port}`,
      ]);
      const narrow = await askTool(one.replace("PORT", `${port}`));
      assertEquals([narrow.tool, narrow.missing], [tool, undefined]);
      assertEquals(narrow.rows.filter(isOurs).length, 1);
      // Ports that begin with these digits pass grep, too.
      const isAtIt = (row: ToolRow) =>
        [row.local, row.remote].some((end) => `${end.port}`.startsWith(`${port}`));
      assert(narrow.rows.every(isAtIt), String(narrow));
      assertStringIncludes(String(narrow), `:${port}`);
    },
  });
}

Deno.test({
  name: "askTool() knows what it has asked ss for",
  ...requires("ss"),
  async fn() {
    const receiver = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    using client = await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port });
    const protocols = async (
      command: string,
    ) => [
      ...new Set(
        (await askTool(command)).rows.map(({ protocol, state }) => `${protocol} ${state}`),
      ),
    ];
    assertEquals(await protocols(`ss -uan sport = :${(receiver.addr as Deno.NetAddr).port}`), [
      "udp UNCONNECTED",
    ]);
    const port = client.localAddr.port;
    assertEquals(await protocols(`ss -tn state established sport = :${port}`), ["tcp ESTABLISHED"]);
    receiver.close();
  },
});

Deno.test("askTool() runs nothing that changes something or does not end", async () => {
  const table: [command: string, part: string][] = [
    ["ss -K dst 127.0.0.1", '"-K"'],
    ["ss -tK", '"-K"'],
    ["ss --kill", '"--kill"'],
    ["netstat -tc", '"-c"'],
    ["netstat -an 5", '"5"'],
    ["lsof -i -r1", '"-r"'],
    ["lsof -ar", '"-r"'],
    ["lsof -i +r1", '"+r1"'],
    ["ss -D file", '"-D"'],
    ["ss --diag=file", '"--diag=file"'],
    ["ss -tQ", '"-Q"'],
    ["netstat -an | grep -E a", '"-E"'],
    ["netstat -an | egrep 'a|b'", '"egrep"'],
    ["lsof -Db -i", '"-D"'],
    ["lsof -i -r 1", '"-r"'],
    ["sudo ss -t", '"sudo"'],
    ["rm -rf x", '"rm"'],
    ["ss; ls", '"ss;"'],
  ];
  for (const [command, part] of table) {
    const error = await assertRejects(() => askTool(command), SyntaxError);
    assert(isRefusal(error));
    assertEquals(error.part, part, command);
  }
  await assertRejects(() => askTool("ss", { timout: 5 } as object), TypeError, '"timout"');
  await assertRejects(() => askTool("ss", { timeout: 0 }), RangeError, '"timeout"');
});

Deno.test({
  name: "askTool() takes no argument for an option: lsof -uroot looks for a user",
  ignore: requires("lsof").ignore || Deno.build.os !== "linux",
  async fn() {
    const { text } = await askTool("lsof -nP -a -uroot -p0");
    assertEquals(text.split("\n").filter((line) => line.includes("illegal")), []);
  },
});

Deno.test("askTool() says what is missing, with the remedy, and has no rows", async () => {
  const path = Deno.env.get("PATH")!;
  let answer;
  try {
    Deno.env.set("PATH", "/nowhere");
    answer = await askTool("ss -tlnp");
  } finally {
    Deno.env.set("PATH", path);
  }
  assertStringIncludes(answer.missing!, "This machine has no ss. Remedy: ");
  assertEquals([answer.rows.length, answer.text], [0, ""]);
  assertEquals(String(answer), `$ ss -tlnp\n${answer.missing}`);
});

Deno.test({
  name: "askTool() ends a tool that is not done in time",
  ...requires("lsof"),
  async fn() {
    await assertRejects(() => askTool("lsof -nP", { timeout: 1 }), DOMException);
  },
});

Deno.test("ToolAnswer shows itself as text that scrolls, at most 40 lines of it", () => {
  const text = Array.from({ length: 50 }, (_, i) => `LISTEN 0 5 127.0.0.1:${i + 1} *:*  `).join(
    "\n",
  );
  const answer = new ToolAnswer("ss -tln", { tool: "ss", text, missing: undefined });
  const lines = String(answer).split("\n");
  assertEquals([lines.length, lines[0], lines.at(-1)], [42, "$ ss -tln", "… and 10 more lines"]);
  assertEquals(answer[DISPLAY]()["text/plain"], String(answer));
  assertStringIncludes(String(answer[DISPLAY]()["text/html"]), "overflow-x:auto");
  const wild = new ToolAnswer("lsof", { tool: "lsof", text: "<b>&", missing: undefined });
  assertStringIncludes(String(wild[DISPLAY]()["text/html"]), "&lt;b&gt;&amp;");
});

Deno.test("askTool() asks inside a private network, and as somebody who may not look into it", {
  ...requires("ss", "network namespace"),
}, async () => {
  await using network = await PrivateNetwork.create({ addresses: ["192.168.1.100"] });
  await using server = Program.start(exampleUrl("http_server.ts"), {
    args: ["80", "192.168.1.100"],
    prefix: network.enter,
  });
  await server.line("Listening");
  const rows = (await askTool("ss -tlnp", { inside: network })).rows;
  assertEquals(rows.map(({ local, owners }) => [String(local), owners?.map(({ pid }) => pid)]), [
    ["192.168.1.100:80", [server.pid]],
  ]);
  const stranger = { enter: [...network.enter, "unshare", "--user"] };
  const hidden = await askTool("ss -tlnp", { inside: stranger });
  assertEquals(hidden.rows.map(({ local }) => String(local)), ["192.168.1.100:80"]);
  assert(!hidden.text.includes("pid="));
  await assertRejects(() => askTool("ss -tln", { inside: {} as { enter: string[] } }), TypeError);
});
