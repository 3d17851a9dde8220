/**
 * Programs beside a notebook: started, talked to, limited in time, and ended with their parent.
 *
 * `program.ts` is the class; `find_program.ts` finds an executable on the PATH.
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
