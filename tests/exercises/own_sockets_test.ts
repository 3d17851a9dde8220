import { assert, assertEquals } from "@std/assert";
import { ownInodes } from "../../lib/exercises/_own_sockets.ts";
import { listeners } from "../../lib/observe/connections.ts";

const listen = () => Deno.listen({ hostname: "127.0.0.1", port: 0 });

Deno.test("ownInodes() has this process's sockets as the table has them, while they are open", () => {
  const listener = listen();
  const [row] = listeners({ protocol: "tcp", port: listener.addr.port });
  assert(row?.inode !== undefined && ownInodes().has(row.inode));
  listener.close();
  assertEquals(ownInodes().has(row.inode), false);
});
