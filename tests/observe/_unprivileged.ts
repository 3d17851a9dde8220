/**
 * Run without privileges, with a port of another process: tells as JSON what one sees of it, and of
 * a port of one's own.
 */
import { connections, owner, Socket } from "fourtuple";

const theirs = Number(Deno.args[0]);
const socket = Socket.tcp();
socket.bind("127.0.0.1:0");
socket.listen();
const mine = owner(socket.localEndpoint().port, { protocol: "tcp" });
const { owners, hidden } = owner(theirs, { protocol: "tcp" });
console.log(JSON.stringify({
  source: connections().reading?.source,
  mine: mine.owners.map(({ pid, descriptor }) => [pid === Deno.pid, descriptor]),
  mineHidden: mine.hidden.length,
  theirs: owners.length,
  theirsHidden: hidden.map(({ state, local }) => `${state} ${local}`),
  descriptor: socket.descriptor,
}));
socket.close();
