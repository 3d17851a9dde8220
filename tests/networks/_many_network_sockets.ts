/** Opens sockets of a private network until no descriptor is left, twice. */
import { PrivateNetwork, Socket } from "fourtuple";

await using network = await PrivateNetwork.create();

function fill(): { readonly sockets: readonly Socket[]; readonly refusal: string } {
  const sockets: Socket[] = [];
  try {
    while (true) sockets.push(Socket.tcp({ network }));
  } catch (error) {
    return { sockets, refusal: (error as Error).message };
  }
}

const { sockets, refusal } = fill();
for (const socket of sockets) socket.close();
const again = fill();
for (const socket of again.sockets) socket.close();
console.log(JSON.stringify({ made: sockets.length, refusal, again: again.sockets.length }));
