/**
 * Says what has changed in this process since the last call: the names on `globalThis` that were
 * added or removed, and the console's methods that are others. Then it waits for a byte on stdin, so
 * that another process can list this one's descriptors meanwhile.
 *
 * All of this is synchronous and needs no permission, so that one import before the module that is
 * tried and one after it enclose what that module does.
 */
let names = namesNow();
let methods = methodsNow();

export function probe(): void {
  const [namesBefore, methodsBefore] = [names, methods];
  names = namesNow();
  methods = methodsNow();
  const changes = {
    names: [...names.symmetricDifference(namesBefore)],
    methods: [...methods].filter(([name, method]) => methodsBefore.get(name) !== method)
      .map(([name]) => name),
  };
  Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(changes)}\n`));
  Deno.stdin.readSync(new Uint8Array(1));
}

function namesNow(): Set<string> {
  return new Set(Reflect.ownKeys(globalThis).map(String));
}

function methodsNow(): Map<string, unknown> {
  return new Map(
    Reflect.ownKeys(console).map((name) => [String(name), Reflect.get(console, name)]),
  );
}
