import { assert, assertEquals } from "@std/assert";
import { leftOf, ownInodes } from "../../lib/exercises/_own_sockets.ts";
import { connections, listeners } from "../../lib/observe/connections.ts";

const listen = () => Deno.listen({ hostname: "127.0.0.1", port: 0 });

Deno.test("ownInodes() has this process's sockets as the table has them, while they are open", () => {
  const listener = listen();
  const [row] = listeners({ protocol: "tcp", port: listener.addr.port });
  assert(row?.inode !== undefined && ownInodes().has(row.inode));
  listener.close();
  assertEquals(ownInodes().has(row.inode), false);
});

Deno.test("leftOf() waits for what is about to be closed, and returns what stays", async () => {
  const [leaving, staying] = [listen(), listen()];
  const look = ({ addr }: Deno.TcpListener) =>
    connections({ state: "LISTEN", localPort: addr.port });
  const timer = setTimeout(() => leaving.close(), 20);
  assertEquals((await leftOf(() => look(leaving))).length, 0);
  assertEquals((await leftOf(() => look(staying))).map(({ local }) => local.port), [
    staying.addr.port,
  ]);
  clearTimeout(timer);
  staying.close();
});
