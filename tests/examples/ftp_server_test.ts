import { assertEquals, assertLess, assertMatch } from "@std/assert";
import { connectionsWhen } from "../../lib/observe/connections_when.ts";
import {
  ask,
  assertCloses,
  Client,
  portOf,
  readAsStranger,
  sideBySide,
  start,
} from "./_example.ts";
import { requires } from "../requirements.ts";

const test = sideBySide("ftp_server.ts");

const unix = Deno.build.os !== "windows";
const HELLO = "Hello from the FTP server!\r\n";

/** A client's control connection. */
class Control implements Disposable {
  readonly client: Client;

  private constructor(client: Client) {
    this.client = client;
  }

  static async connect(port: number): Promise<Control> {
    const control = new Control(await Client.connect(port));
    assertMatch(await control.answer(), /^220 /);
    assertMatch(await control.tell("USER anonymous"), /^230 /);
    return control;
  }

  async answer(): Promise<string> {
    let line = "";
    while (!line.endsWith("\r\n")) {
      const byte = await this.client.read(1);
      if (byte === "") throw new Error(`the connection ended after ${JSON.stringify(line)}`);
      line += byte;
    }
    return line.trimEnd();
  }

  async tell(command: string): Promise<string> {
    await this.client.send(`${command}\r\n`);
    return await this.answer();
  }

  /** Says EPSV, and returns the port. */
  async passive(): Promise<number> {
    return Number(/\(\|\|\|(\d+)\|\)$/.exec(await this.tell("EPSV"))![1]);
  }

  [Symbol.dispose](): void {
    this.client[Symbol.dispose]();
  }
}

test("answers each command as RFC 959 numbers it", async () => {
  await using server = start("ftp_server.ts", 0);
  using control = await Control.connect(await portOf(server));
  const table: [string, RegExp][] = [
    ["NOOP", /^200 /],
    ["syst", /^215 UNIX Type: L8$/],
    ["TYPE I", /^200 /],
    ["TYPE A N", /^200 /],
    ["TYPE E", /^504 /],
    ["PWD", /^257 "\/" /],
    ["CWD /", /^250 /],
    ["CWD /etc", /^550 /],
    ["SIZE hello.txt", /^213 28$/],
    ["SIZE ../hello.txt", /^550 /],
    ["PASS me", /^202 /],
    ["RETR hello.txt", /^425 /],
    ["RETR none", /^550 /],
    ["STOR hello.txt", /^502 /],
    ["", /^502 /],
    ["\x01\x02", /^502 /],
    ["MODE S", /^200 /],
    ["MODE B", /^504 /],
    ["STRU F", /^200 /],
    ["STRU R", /^504 /],
    ["EPSV 1", /^229 .*\(\|\|\|\d+\|\)$/],
    ["EPSV 2", /^522 .*\(1\)$/],
    ["EPSV x", /^522 /],
    ["EPRT |3|x|5000|", /^522 .*\(1,2\)$/],
    ["EPRT |1|127.0.0.1|99999|", /^501 /],
    ["EPRT 127.0.0.1 5000", /^501 /],
    ["PORT 127,0,0,1,256,0", /^501 /],
    ["PORT 127,0,0,1,4", /^501 /],
    ["EPSV ALL", /^200 /],
    ["PASV", /^503 /],
    ["PORT 127,0,0,1,200,1", /^503 /],
    ["EPSV", /^229 /],
    ["QUIT", /^221 /],
  ];
  for (const [command, answer] of table) assertMatch(await control.tell(command), answer, command);
  assertEquals(await control.client.read(), "");
});

test("lets in nobody who has no name", async () => {
  await using server = start("ftp_server.ts", 0);
  const answers = await ask(await portOf(server), "EPSV\r\nUSER\r\nRETR hello.txt\r\n");
  assertEquals(answers.match(/^\d+/mg), ["220", "530", "501", "530"]);
});

test("sends a file on a second connection, once for each that was arranged", async () => {
  await using server = start("ftp_server.ts", 0);
  using control = await Control.connect(await portOf(server));
  for (const file of ["hello.txt", "/hello.txt"]) {
    using data = await Client.connect(await control.passive());
    assertMatch(await control.tell(`RETR ${file}`), /^150 /);
    assertEquals(await data.read(), HELLO);
    assertMatch(await control.answer(), /^226 /);
    assertMatch(await control.tell(`RETR ${file}`), /^425 /);
  }
});

test("does not listen for a client that is gone", async () => {
  await using server = start("ftp_server.ts", 0);
  const control = await Control.connect(await portOf(server));
  const first = await control.passive();
  const second = await control.passive();
  const third = await control.passive();
  control[Symbol.dispose]();
  for (const localPort of [first, second, third]) {
    await connectionsWhen({ localPort, state: "LISTEN" }, (rows) => rows.length === 0);
  }
});

test("calls its client and nobody else, and no privileged port", async () => {
  await using server = start("ftp_server.ts", 0);
  const port = await portOf(server);
  using control = await Control.connect(port);
  for (const [address, target] of [["127.0.0.2", 5000], ["10.0.0.1", 5000], ["127.0.0.1", 80]]) {
    assertMatch(await control.tell(`EPRT |1|${address}|${target}|`), /^504 /);
  }
  assertMatch(await control.tell("PORT 127,0,0,2,19,136"), /^504 /);
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  assertMatch(await control.tell(`EPRT |1|127.0.0.1|${listener.addr.port}|`), /^200 /);
  await control.client.send("RETR hello.txt\r\n");
  using data = await listener.accept();
  assertEquals(await new Response(data.readable).text(), HELLO);
  assertMatch(await control.answer(), /^150 /);
  assertMatch(await control.answer(), /^226 /);
  await server.line(`Data from our port ${data.remoteAddr.port} to 127.0.0.1:`);
});

test({
  name: "gives a file to nobody who calls from another address",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using server = start("ftp_server.ts", 0);
    using control = await Control.connect(await portOf(server));
    const port = await control.passive();
    assertMatch(await control.tell("RETR hello.txt"), /^150 /);
    assertEquals(await readAsStranger(port), "");
    using data = await Client.connect(port);
    assertEquals(await data.read(), HELLO);
    assertMatch(await control.answer(), /^226 /);
  },
});

test("says so when no data connection comes about, or nobody reads it", async () => {
  await using server = start("ftp_server.ts", 0, "127.0.0.1", 1);
  const port = await portOf(server);
  {
    using control = await Control.connect(port);
    await control.passive();
    assertMatch(await control.tell("RETR hello.txt"), /^150 /);
    const started = performance.now();
    assertMatch(await control.answer(), /^426 /);
    assertLess(performance.now() - started, 3_000);
  }
  {
    using control = await Control.connect(port);
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port: closed } = listener.addr;
    listener.close();
    assertMatch(await control.tell(`EPRT |1|127.0.0.1|${closed}|`), /^200 /);
    assertMatch(await control.tell("RETR hello.txt"), /^150 /);
    assertMatch(await control.answer(), /^426 /);
  }
  using silent = await Control.connect(port);
  await server.line(`Lost ${silent.client.address}: Interrupted`);
});

test("refuses a command without an end", async () => {
  await using server = start("ftp_server.ts", 0);
  const answers = await ask(await portOf(server), "x".repeat(600));
  assertMatch(answers, /^220 [^]*\r\n500 A command has up to 512 bytes\r\n$/);
});

test({
  name: "closes its data connections when it is told to end",
  ignore: !unix,
  async fn() {
    await using server = start("ftp_server.ts", 0);
    using control = await Control.connect(await portOf(server));
    using data = await Client.connect(await control.passive());
    await control.client.send("RETR long.txt\r\n");
    assertMatch(await control.answer(), /^150 /);
    await server.line("Data from our port");
    await assertCloses(server, "SIGTERM");
    await data.read().catch(() => {});
  },
});

for (const hostname of ["127.0.0.1", "::1"]) {
  for (const mode of [[], ["--disable-epsv"], ["-P", "-"], ["-P", "-", "--disable-eprt"]]) {
    // The old commands know no IPv6.
    if (hostname === "::1" && mode.at(-1)?.startsWith("--disable")) continue;
    test({
      name: `serves curl ${mode.join(" ")} at ${hostname}`,
      ...requires("curl with FTP"),
      async fn() {
        await using server = start("ftp_server.ts", 0, hostname);
        const host = hostname === "::1" ? "[::1]" : hostname;
        const place = `ftp://${host}:${await portOf(server)}`;
        const get = async (path: string) => {
          const args = ["-sg", "--max-time", "20", ...mode, `${place}/${path}`];
          const { code, stdout } = await new Deno.Command("curl", { args }).output();
          return [code, new TextDecoder().decode(stdout)] as const;
        };
        assertEquals(await get("hello.txt"), [0, HELLO]);
        assertEquals((await get("long.txt"))[1].length, 1_025_000);
        assertMatch((await get(""))[1], /^-r--r--r-- .* 28 .* hello\.txt\r?\n[^]*long\.txt\r?\n$/);
        assertEquals((await get("none"))[0], 78); // curl's number for a file that is not there
      },
    });
  }
}
