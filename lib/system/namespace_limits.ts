/** What may forbid a process to make a namespace, and what to do about it. */

/** The kernel settings that may forbid namespaces. */
export interface NamespaceLimits {
  /** user.max_user_namespaces, if the kernel has it. */
  readonly maxUserNamespaces?: number | undefined;
  /** kernel.unprivileged_userns_clone, if the kernel has it: a patch by Debian. */
  readonly unprivilegedClone?: number | undefined;
  /** kernel.apparmor_restrict_unprivileged_userns, if the kernel has it: Ubuntu, since 23.10. */
  readonly apparmorRestricts?: number | undefined;
  /** Whether this is a container of Docker or Podman, whose filters forbid namespaces. */
  readonly isContainer: boolean;
}

/** How a remedy is written. */
export interface RemedyOptions {
  /** Whether commands that change the system need sudo before them. */
  readonly needsSudo: boolean;
}

/** Reads the settings of this machine. */
export function namespaceLimits(): NamespaceLimits {
  return {
    maxUserNamespaces: readSetting("user.max_user_namespaces"),
    unprivilegedClone: readSetting("kernel.unprivileged_userns_clone"),
    apparmorRestricts: readSetting("kernel.apparmor_restrict_unprivileged_userns"),
    isContainer: isContainer(),
  };
}

/** Returns what makes user and network namespaces possible, by the likeliest obstacle. */
export function forbiddenNamespaceRemedy(
  limits: NamespaceLimits,
  options: RemedyOptions,
): string {
  const sysctl = (setting: string) => sysctlRemedy(setting, options);
  if (limits.maxUserNamespaces === 0) return sysctl("user.max_user_namespaces=10000");
  if (limits.unprivilegedClone === 0) return sysctl("kernel.unprivileged_userns_clone=1");
  if (limits.isContainer) {
    return "Start the container with --security-opt seccomp=unconfined --security-opt " +
      "apparmor=unconfined";
  }
  if (limits.apparmorRestricts === 1) {
    return sysctl("kernel.apparmor_restrict_unprivileged_userns=0");
  }
  return 'See what "unshare -Urn true" says; the notebooks go on without private networks';
}

/** Returns the command that changes a kernel setting until the next start. */
export function sysctlRemedy(setting: string, { needsSudo }: RemedyOptions): string {
  return `${needsSudo ? "sudo " : ""}sysctl -w ${setting}`;
}

/** Reads a kernel setting that is one number; `undefined` where the kernel does not have it. */
export function readSetting(name: string): number | undefined {
  const text = readIfThere(`/proc/sys/${name.replaceAll(".", "/")}`);
  return text === undefined ? undefined : Number(text);
}

/** Reads a file; `undefined` where there is none. */
export function readIfThere(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Docker and Podman each leave a file at the root; only root may read Podman's. */
function isContainer(): boolean {
  return isThere("/.dockerenv") || isThere("/run/.containerenv");
}

function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
