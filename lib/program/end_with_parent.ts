/**
 * Preloaded into a program that a notebook starts: ends the program when the notebook's kernel is
 * gone, even a killed one, for otherwise it would go on and hold its ports.
 */
const parent = Deno.ppid;
const timer = setInterval(() => {
  if (Deno.ppid !== parent) Deno.exit(1);
}, 250);
Deno.unrefTimer(timer);
