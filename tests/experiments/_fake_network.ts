import type { LabNetwork, Socket } from "fourtuple";
import { openSocket } from "../../lib/system/calls.ts";

/**
 * This machine's own network, which claims to be private so that a trial may use addresses that no
 * machine has; it counts the sockets that are made in it.
 */
export class FakeNetwork {
  /** The sockets that are open. */
  readonly sockets = new Set<Socket>();
  /** How many were opened. */
  opened = 0;

  /** Makes a network that says whether it is private. */
  constructor(readonly isPrivate = true) {}

  /** Returns a network with as much of the interface as the trials of this folder use. */
  static make(isPrivate?: boolean): FakeNetwork & LabNetwork {
    return new FakeNetwork(isPrivate) as FakeNetwork & LabNetwork;
  }

  /** Opens a socket. */
  openSocket(...args: Parameters<typeof openSocket>): number {
    this.opened++;
    return openSocket(...args);
  }
}
