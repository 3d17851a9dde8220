import { assertEquals, assertThrows } from "@std/assert";
import { addressesIn, namedServer } from "../../../lib/experiments/calls/_host_names.ts";

const HOSTS = `# comment
127.0.0.1\tlocalhost   box.example # localhost6
::1  localhost ip6-localhost
 10.0.0.5 db.internal db

#203.0.113.80 web
`;

Deno.test("addressesIn() reads /etc/hosts: comments, aliases, any case, several addresses", () => {
  const table: [name: string, addresses: string[]][] = [
    ["localhost", ["127.0.0.1", "::1"]],
    ["LOCALHOST.", ["127.0.0.1", "::1"]],
    ["localhost6", []],
    ["db", ["10.0.0.5"]],
    ["web", []],
    ["10.0.0.5", []],
    ["", []],
  ];
  for (const [name, addresses] of table) assertEquals(addressesIn(HOSTS, name), addresses, name);
});

Deno.test("namedServer() tells names from addresses", () => {
  const table: [server: string, name: string | undefined][] = [
    ["localhost:80", "localhost"],
    ["db-1.internal:5432", "db-1.internal"],
    ["127.0.0.l:80", "127.0.0.l"],
    ["127.0.0.1:80", undefined],
    ["127.1:80", undefined],
    ["[::1]:80", undefined],
    ["fe80::a:80", undefined],
    [":80", undefined],
    ["a..b:80", undefined],
  ];
  for (const [server, name] of table) assertEquals(namedServer(server)?.name, name, server);
  assertEquals(namedServer({ hostname: "localhost", port: 80 }), { name: "localhost", port: 80 });
  assertThrows(() => namedServer("localhost:http"), SyntaxError);
  assertThrows(() => namedServer("localhost:70000"), RangeError);
});
