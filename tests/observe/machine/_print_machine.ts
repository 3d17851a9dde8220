/** Prints what machine() finds, as JSON. */
import { machine } from "fourtuple";

console.log(JSON.stringify(await machine()));
