/**
 * A client of a service that allocates ports.
 *
 * @module
 */
import { check, text } from "../refusal.ts";
import { Endpoint, type EndpointLike, toEndpoint } from "../tuples/endpoint.ts";
import { LineConnection } from "./line_connection.ts";
import { grantedPort } from "./line_protocol.ts";

/**
 * A client that has asked `startServerAllocated` for a port. If it was granted one, it has two
 * connections: the one on which it got the port, and the one to that port, on which it talks.
 *
 * @example A client that gets the only port, and one that does not
 * ```ts
 * import { PortRange } from "fourtuple/ports";
 * import { freePort } from "fourtuple/sockets";
 * import { PortClient, startServerAllocated } from "fourtuple/services";
 * import { assertEquals } from "@std/assert";
 *
 * const held = freePort();
 * const { port } = held;
 * held.release();
 * await using service = startServerAllocated("127.0.0.1:0", PortRange.from(port, port));
 *
 * using ada = await PortClient.join(service.endpoint, "Ada");
 * assertEquals([ada.answer, ada.port], [`port ${port}`, port]);
 * assertEquals(await ada.ask("who"), `you are Ada, known by port ${port}`);
 *
 * using ben = await PortClient.join(service.endpoint, "Ben");
 * assertEquals(ben.port, undefined);
 * ```
 */
export class PortClient implements Disposable {
  /** What the service answered to the request for a port. */
  readonly answer: string;
  /** The port that it was granted; `undefined` if it was refused. */
  readonly port: number | undefined;
  readonly #control: LineConnection;
  readonly #talk: LineConnection | undefined;

  private constructor(answer: string, control: LineConnection, talk?: LineConnection) {
    this.answer = answer;
    this.port = talk?.tuple.remote.port;
    this.#control = control;
    this.#talk = talk;
  }

  /**
   * Connects to the service and reads its answer. If that grants a port, connects there too and gives
   * the name.
   *
   * @param service Where the service listens
   * @param name The client's name
   * @throws {SocketError} As `Socket.connect` does
   * @throws {TypeError} If the name is not a text
   * @throws {LineConnectionError} If the service takes too long
   */
  static async join(service: EndpointLike, name: string): Promise<PortClient> {
    check(name, text, { cannot: "Cannot join a service", what: "the client's name" });
    const at = toEndpoint(service);
    const control = await LineConnection.connect(at);
    let talk: LineConnection | undefined;
    try {
      const answer = (await control.readLine()) ?? "";
      if (!answer.startsWith("port ")) return new PortClient(answer, control);
      talk = await LineConnection.connect(Endpoint.from(at.address, grantedPort(answer)));
      await talk.ask(`name ${name}`);
      return new PortClient(answer, control, talk);
    } catch (error) {
      talk?.close();
      control.close();
      throw error;
    }
  }

  /** Sends a line to the granted port, and returns the answer; `undefined` if there is no port. */
  async ask(line: string): Promise<string | undefined> {
    return await this.#talk?.ask(line);
  }

  /** Closes both connections, which releases the port. Closing twice does no harm. */
  close(): void {
    this.#talk?.close();
    this.#control.close();
  }

  /** Closes both connections, as `close` does. */
  [Symbol.dispose](): void {
    this.close();
  }
}
