/**
 * The states that usually last for microseconds, held so that the kernel's table shows them.
 *
 * @module
 */
import { setPacketRules } from "../../networks/packet_rules.ts";
import type { TimelineRecorder } from "../../observe/changes/timeline.ts";
import { type Connection, Connections } from "../../observe/rows/connection.ts";
import type { TcpState } from "../../tuples/socket_state.ts";
import { clientSocket } from "../labs/_two_ends.ts";
import type { ConnectionLab } from "../labs/connection_lab.ts";

/** A segment that was lost is sent again after a second at first, and then later and later. */
const HELD_MS = 15_000;

/**
 * Opens and closes three connections in a private network whose kernel loses chosen segments, so
 * that the states between them last until the recorder has seen them:
 *
 * - SYN_SENT while the client's SYN is lost, SYN_RECV while its ACK is lost;
 * - FIN_WAIT_1 while both FINs are lost, and CLOSING once the client's arrives;
 * - LAST_ACK while the FIN of the end that closes second is lost.
 *
 * In the first connection the server's FIN brings the ACK of the client's, so that FIN_WAIT_1 leads to
 * TIME_WAIT at once.
 *
 * It takes about three seconds: what was lost is sent again after a while.
 *
 * @param lab The lab, whose network has to be private
 * @param recorder A recorder of the sockets at the server's port
 * @returns A row for each of the five states, as the recorder saw it
 * @throws {Deno.errors.NotSupported} If the network is not private, or this machine lacks the program
 * nft
 * @throws {DOMException} With the name "TimeoutError", if the recorder does not see a state
 *
 * @example A simultaneous close
 * ```ts
 * import { connectionLab, holdShortStates } from "fourtuple/experiments";
 * import { recordTimeline } from "fourtuple/observe";
 * import { assertEquals } from "@std/assert";
 *
 * await using lab = await connectionLab();
 * const recorder = recordTimeline({ port: lab.port }, { network: lab.network });
 * await lab.network.inPrivate("a row in CLOSING, among others", async () => {
 *   const rows = await holdShortStates(lab, recorder);
 *   assertEquals(rows.filter(({ state }) => state === "CLOSING").length, 1);
 * });
 * recorder.stop();
 * ```
 */
export async function holdShortStates(
  lab: ConnectionLab,
  recorder: TimelineRecorder,
): Promise<Connections> {
  const { network, server, port, connect } = lab;
  const lose = (...segments: readonly string[]) =>
    setPacketRules(network, segments.map((each) => `${each} drop`));
  await lose(); // says so if this machine cannot set rules
  await using _rest = { [Symbol.asyncDispose]: () => lose() }; // also if a state is not seen
  const seen = new Connections();
  const see = async (state: TcpState, client: number, count = 1) => {
    const isIt = (row: Connection) =>
      row.state === state && (row.local.port === client || row.remote.port === client);
    const rows = await recorder.when((rows) => rows.filter(isIt).length >= count, {
      timeout: HELD_MS,
    });
    return rows.find(isIt)!;
  };
  const hold = async (state: TcpState, client: number, count = 1) => {
    seen.push(await see(state, client, count));
  };

  await lose(`tcp dport ${port} tcp flags syn`);
  const client = clientSocket({ network, timeout: HELD_MS });
  const clientPort = client.localEndpoint().port;
  const opening = client.connect(server.localEndpoint());
  opening.catch(() => {}); // if the recorder fails first
  await hold("SYN_SENT", clientPort);
  await lose(`tcp dport ${port} tcp flags ack`);
  await opening; // by the SYN,ACK
  await hold("SYN_RECV", clientPort);
  await lose();
  await client.send("x"); // whose ACK opens the server's end at once
  await see("ESTABLISHED", clientPort, 2);
  const accepted = await server.accept();
  await accepted.receive();
  // Without the ACK alone, the FIN brings it: this way FIN_WAIT_2 is not missed, but left out.
  await lose(`tcp sport ${port} tcp flags & (fin | syn | rst | ack) == ack`);
  client.close();
  await see("CLOSE_WAIT", clientPort);
  await see("FIN_WAIT_1", clientPort);
  accepted.close();
  await see("TIME_WAIT", clientPort);
  await lose();

  const [one, other] = await connect();
  const onePort = one.localEndpoint().port;
  await see("ESTABLISHED", onePort, 2);
  await lose("tcp flags & fin == fin");
  one.close();
  other.close();
  await hold("FIN_WAIT_1", onePort, 2);
  await lose(`tcp sport ${port} tcp flags & fin == fin`);
  await hold("CLOSING", onePort);
  await lose();

  const [first, last] = await connect();
  const firstPort = first.localEndpoint().port;
  await see("ESTABLISHED", firstPort, 2);
  first.close();
  await see("CLOSE_WAIT", firstPort);
  await lose(`tcp sport ${port} tcp flags & fin == fin`);
  last.close();
  await hold("LAST_ACK", firstPort);
  await lose();
  await recorder.when(
    (rows) => rows.every(({ state }) => state !== "CLOSING" && state !== "LAST_ACK"),
    { timeout: HELD_MS },
  );
  return seen;
}
