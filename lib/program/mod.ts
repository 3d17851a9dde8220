/**
 * Programs beside a notebook: started, read line by line, written to, limited in time, and ended with
 * the process that started them.
 *
 * Open `program.ts` first: it is the class `Program`. Below it, `child_process.ts` is the one place
 * where the library starts a process, and says which processes end with their parent on which system;
 * `find_program.ts` finds an executable in PATH; `end_with_parent.ts` is preloaded into Deno programs.
 *
 * @module
 */
export {
  type CommandOptions,
  Program,
  ProgramError,
  type ProgramOptions,
  type ProgramResult,
  type ProgramWaitOptions,
  type StopOptions,
} from "./program.ts";
