import { assertEquals, assertMatch } from "@std/assert";
import { assertRefuses, portOf, sideBySide, start } from "./_example.ts";

const test = sideBySide("ftp_client.ts");

for (const hostname of ["127.0.0.1", "::1"]) {
  for (const mode of ["passive", "active"]) {
    test(`fetches a file, ${mode}, from ${hostname}`, async () => {
      await using server = start("ftp_server.ts", 0, hostname);
      const port = await portOf(server);
      const host = hostname === "::1" ? "[::1]" : hostname;
      await using client = start("ftp_client.ts", port, hostname, "ports.txt", mode);
      const { code, lines, errorLines } = await client.ended;
      assertEquals([code, errorLines], [0, []]);
      const [control, data] = ["Control", "Data"].map((name, index) =>
        new RegExp(`^${name} (\\S+):(\\d+) -> (\\S+):(\\d+)$`).exec(lines[index]!)!
      );
      assertEquals([control![1], control![3], control![4]], [host, host, String(port)]);
      assertEquals([data![1], data![3]], [host, host]);
      const ports = new Set([control![2], control![4], data![2], data![4]]);
      assertEquals(ports.size, 4, "two connections, four ports");
      assertEquals(lines[2], String.raw`ports.txt has 21 characters: "control 21\r\ndata 20\r\n"`);
    });
  }
}

test("says in one line what the server refuses", async () => {
  await using server = start("ftp_server.ts", 0);
  const port = await portOf(server);
  await using client = start("ftp_client.ts", port, "127.0.0.1", "none");
  const { code, errorLines } = await client.ended;
  assertEquals([code, errorLines], [1, [
    `Cannot get an answer from 127.0.0.1 port ${port}: Error: the server says "550 No such file"`,
  ]]);
});

/** What the client says at last to a server that says this, each to one command. */
async function lastLine(...answers: string[]): Promise<string> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using client = start("ftp_client.ts", listener.addr.port);
  using control = await listener.accept();
  for (const answer of answers) {
    await control.write(new TextEncoder().encode(answer));
    await control.read(new Uint8Array(100));
  }
  await control.closeWrite();
  return (await client.ended).lines.at(-1)!.replace(/ port \d+:/, "");
}

test("says in one line that a server makes no sense", async () => {
  const start = "Cannot get an answer from 127.0.0.1 Error: ";
  const hello = ["220 \r\n", "230 \r\n", "200 \r\n"];
  assertEquals(await lastLine("HTTP/1.1 400\r\n"), `${start}the server says "HTTP/1.1 400"`);
  assertEquals(await lastLine("x".repeat(2000)), `${start}an answer of over 1024 bytes`);
  assertEquals(await lastLine("220 hello\r\n"), `${start}the control connection ended`);
  assertEquals(await lastLine(...hello, "229 (|||0|)\r\n"), `${start}no port in "229 (|||0|)"`);
  assertMatch(await lastLine(...hello, "229 \x1b\r\n"), /no port in "229 \\x1b"$/);
});

test("refuses a file or a mode that is none", async () => {
  const bad: [string[], string][] = [
    [
      ["a\r\nDELE b"],
      String.raw`file "a\r\nDELE b": it must be 1 to 100 letters, digits, _, ., / and -`,
    ],
    [["a", "passiv"], 'mode "passiv": it must be passive or active'],
  ];
  for (const [args, why] of bad) {
    await using client = start("ftp_client.ts", 1, "127.0.0.1", ...args);
    await assertRefuses(client, { code: 2, line: `Cannot use ${why}` });
  }
});
