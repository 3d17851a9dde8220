/** Whether this machine can call itself, without which no notebook runs. */

/** What a machine that cannot call itself needs. */
export interface LoopbackRemedyOptions {
  /** The operating system, as `Deno.build.os` calls it. */
  readonly os: string;
  /** Whether commands that change the system need sudo before them. */
  readonly needsSudo: boolean;
}

/** A lost answer must not keep the caller waiting. */
const LIMIT_MS = 2_000;

/** Tries to call itself at 127.0.0.1; returns the error if the kernel refuses. */
export async function loopbackTrial(): Promise<Error | undefined> {
  try {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const signal = AbortSignal.timeout(LIMIT_MS);
    (await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port, signal })).close();
    return undefined;
  } catch (error) {
    if (error instanceof Error && !(error instanceof Deno.errors.NotCapable)) return error;
    throw error;
  }
}

/** Returns what makes a machine able to call itself again. */
export function loopbackRemedy({ os, needsSudo }: LoopbackRemedyOptions): string {
  const sudo = needsSudo ? "sudo " : "";
  switch (os) {
    case "linux":
    case "android":
      return `${sudo}ip link set lo up`;
    case "windows":
      return "Let the firewall allow connections from 127.0.0.1 to 127.0.0.1";
    default:
      return `${sudo}ifconfig lo0 up`;
  }
}
