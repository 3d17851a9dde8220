/**
 * The cells of a notebook as modules, for a language server: each exports what it declares, and imports
 * what it uses from the cell that declared it last. So a later cell may declare a name again, and an
 * earlier one keeps its own.
 *
 * @module
 */
import { type CellNames, cellNames, unfinishedNames } from "../cells/cell_names.ts";

/** A text for the language server. */
export interface CellModule {
  /** Its address. */
  readonly uri: string;
  /** Its text. */
  readonly text: string;
}

/** The module of the cell that is being written, and where the places of the cell are in it. */
export interface WrittenModule extends CellModule {
  /** Returns the place in the module of a place in the cell, both in UTF-16 units. */
  inModule(offset: number): number;
  /** Returns the place in the cell of a place in the module, both in UTF-16 units. */
  inCell(offset: number): number;
}

/** A cell that has been run. */
interface RunModule extends CellModule, CellNames {
  /** As it was when the cell ran last, like its sources. */
  text: string;
  /** The cells from which it takes names. */
  sources: ReadonlySet<RunModule>;
  /** By which others import it. */
  readonly specifier: string;
}

/**
 * A document that is in no file. The imports of the nearest deno.json hold for it, even in a folder that
 * this excludes, such as the copies in work/, for which the server has no help otherwise. The
 * compilerOptions do not hold; with them the first answer takes twice as long, and 150 MB more.
 */
const SCHEME = "untitled:";
const NAME = "fourtuple_cell";

/** The cells of one notebook, in the order in which they were run. */
export class CellModules {
  readonly #folder: URL;
  /** Cells that nobody has asked about yet. */
  readonly #unread: string[] = [];
  readonly #latest = new Map<string, RunModule>();
  /** By the cell's text: a cell that runs again is the same module, or each Run All would add to a chain. */
  readonly #bySource = new Map<string, RunModule>();
  #count = 0;

  /**
   * Begins without cells.
   *
   * @param folder The address of the folder to which the cells' relative imports refer
   */
  constructor(folder: URL) {
    this.#folder = asFolder(folder);
  }

  /** Adds a cell that is run. It is not read before somebody asks, so that no cell waits for that. */
  add(source: string): void {
    this.#unread.push(source);
  }

  /**
   * Returns the modules of the cells that can still be seen, and that of the cell that is being written.
   *
   * @param cursor Where its author writes, in UTF-16 units
   */
  withWritten(
    source: string,
    cursor: number,
  ): { readonly modules: readonly CellModule[]; readonly written: WrittenModule } {
    for (const each of this.#unread.splice(0)) this.#read(each);
    const { declared, relativeImports } = unfinishedNames(source, cursor);
    const { header, sources } = this.#header([...this.#latest.keys()], declared);
    // A name that is being written is no import yet.
    const names = relativeImports.filter(({ start, end }) => cursor <= start || cursor >= end);
    const { text, shift } = this.#withAddresses(source, names);
    const written: WrittenModule = {
      uri: `${SCHEME}${NAME}.ts`,
      text: header + text,
      inModule: (offset) => header.length + offset + shift(offset),
      inCell: (offset) => {
        const inText = Math.max(0, offset - header.length);
        let inCell = inText;
        while (inCell > 0 && inCell + shift(inCell) > inText) inCell--;
        return inCell;
      },
    };
    return { modules: withTheirSources(sources), written };
  }

  #read(source: string): void {
    const names = cellNames(source);
    if (names === undefined) return; // it was never run
    // One name too many does no harm: every word of the text may be one.
    const words = new Set(source.match(/[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*/gu));
    const { header, sources } = this.#header([...words], names.declared);
    const exports = names.declared.filter((name) => !names.exported.has(name));
    const text = `${header}${this.#withAddresses(source, names.relativeImports).text}\n;` +
      `export { ${exports.join(", ")} };\n`;
    const module = this.#bySource.get(source) ?? this.#newModule(names);
    Object.assign(module, { text, sources });
    this.#bySource.set(source, module);
    for (const name of names.declared) this.#latest.set(name, module);
  }

  #newModule(names: CellNames): RunModule {
    const file = `${NAME}_${++this.#count}.ts`;
    return {
      ...names,
      uri: SCHEME + file,
      specifier: `file:///${file}`, // as the server turns the address into that of a module
      text: "",
      sources: new Set(),
    };
  }

  /** Returns a first line that imports those of the names that earlier cells have declared. */
  #header(
    names: readonly string[],
    declared: readonly string[],
  ): { readonly header: string; readonly sources: ReadonlySet<RunModule> } {
    const bySource = new Map<RunModule, string[]>();
    for (const name of names) {
      const source = this.#latest.get(name);
      if (source === undefined || declared.includes(name)) continue;
      bySource.set(source, [...bySource.get(source) ?? [], name]);
    }
    const imports = [...bySource].map(([{ specifier }, own]) =>
      `import { ${own.join(", ")} } from "${specifier}"; `
    );
    return { header: `${imports.join("")}export {};\n`, sources: new Set(bySource.keys()) };
  }

  /** Replaces relative names of modules by addresses, since the module is in no folder. */
  #withAddresses(
    source: string,
    names: CellNames["relativeImports"],
  ): { readonly text: string; shift(offset: number): number } {
    let text = "";
    let done = 0;
    const shifts: { readonly end: number; readonly by: number }[] = [];
    for (const { start, end, value } of names) {
      const address = JSON.stringify(new URL(value, this.#folder).href);
      text += source.slice(done, start) + address;
      shifts.push({ end, by: address.length - (end - start) });
      done = end;
    }
    return {
      text: text + source.slice(done),
      shift: (offset) =>
        shifts.filter(({ end }) => end <= offset).reduce((sum, { by }) => sum + by, 0),
    };
  }
}

function asFolder({ href }: URL): URL {
  return new URL(href.endsWith("/") ? href : `${href}/`);
}

/** Returns modules and those from which they take names, and so on. */
function withTheirSources(modules: Iterable<RunModule>): readonly RunModule[] {
  const found = new Set<RunModule>();
  const visit = (module: RunModule) => {
    if (found.has(module)) return;
    found.add(module);
    module.sources.forEach(visit);
  };
  for (const module of modules) visit(module);
  return [...found];
}
