// The script of every page of the book: search, print.
(function () {
  "use strict";

  const MOST_FOUND = 12;
  const EXCERPT = 150;
  const form = document.querySelector(".search");
  const field = form.querySelector("input");
  const found = form.querySelector(".found");
  const status = form.querySelector("[role=status]");
  const list = form.querySelector("ol");
  form.hidden = false;

  let index;
  /** Loads the index with the first search: most readers of a page need none. */
  function load() {
    index ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = form.dataset.index;
      script.onload = () => resolve(globalThis.fourtupleSearch);
      script.onerror = () => reject(new Error("The search's index cannot be loaded"));
      document.head.append(script);
    });
    return index;
  }

  async function search() {
    const text = field.value.trim();
    if (text === "") return close();
    let all;
    try {
      all = (await load()).search(text, {
        boost: { heading: 4, title: 2, text: 1.5 },
        prefix: true,
        fuzzy: (term) => term.length > 4 ? 0.2 : 0,
        combineWith: "AND",
      });
    } catch (error) {
      status.textContent = error.message;
      found.hidden = false;
      return;
    }
    if (text !== field.value.trim()) return;
    list.replaceChildren(...all.slice(0, MOST_FOUND).map((one) => item(one, text)));
    status.textContent = all.length === 0
      ? `Nothing found for “${text}”`
      : `${all.length} section${all.length === 1 ? "" : "s"} found`;
    found.hidden = false;
  }

  function item({ href, heading, title, text, terms }, wanted) {
    const link = document.createElement("a");
    link.href = href;
    const name = document.createElement("strong");
    name.textContent = heading;
    link.append(name);
    if (title !== heading) link.append(` · ${title}`);
    const excerpt = document.createElement("small");
    excerpt.append(
      ...excerptOf(
        text,
        text.toLowerCase().includes(wanted.toLowerCase()) ? [wanted.toLowerCase()] : terms,
      ),
    );
    link.append(excerpt);
    const entry = document.createElement("li");
    entry.append(link);
    return entry;
  }

  /** The text around the first word that was found, which is marked. */
  function excerptOf(text, terms) {
    const lower = text.toLowerCase();
    const [at, length] = terms.map((term) => [lower.indexOf(term), term.length])
      .filter(([place]) => place >= 0).sort((one, other) => one[0] - other[0])[0] ?? [0, 0];
    const from = at < EXCERPT / 2 ? 0 : text.indexOf(" ", at - EXCERPT / 2) + 1;
    const mark = document.createElement("mark");
    mark.textContent = text.slice(at, at + length);
    return [
      (from > 0 ? "… " : "") + text.slice(from, at),
      mark,
      text.slice(at + length, from + EXCERPT) + (from + EXCERPT < text.length ? " …" : ""),
    ];
  }

  function close() {
    found.hidden = true;
    list.replaceChildren();
    status.textContent = "";
  }

  field.addEventListener("input", search);
  field.addEventListener("focus", search);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    list.querySelector("a")?.click();
  });
  form.addEventListener("keydown", (event) => {
    const links = [...list.querySelectorAll("a")];
    const at = links.indexOf(document.activeElement);
    if (event.key === "Escape") {
      field.value = "";
      close();
      field.focus();
    } else if (event.key === "ArrowDown" && links.length > 0) {
      links[Math.min(at + 1, links.length - 1)].focus();
      event.preventDefault();
    } else if (event.key === "ArrowUp" && at >= 0) {
      (links[at - 1] ?? field).focus();
      event.preventDefault();
    }
  });
  document.addEventListener("click", (event) => {
    if (!form.contains(event.target) || event.target.closest(".found a")) close();
  });
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.closest?.("input, textarea, [contenteditable]");
    if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    field.focus();
    event.preventDefault();
  });

  // What is folded is printed too, and figures in the width of a sheet with wide margins.
  const SHEET_PX = 640;
  const opened = new Set();
  function print(isOn) {
    for (const answer of document.querySelectorAll("details.answer")) {
      if (isOn && !answer.open) opened.add(answer);
      if (isOn || opened.has(answer)) answer.open = isOn;
    }
    if (!isOn) opened.clear();
    for (const place of document.querySelectorAll(".fourtuple-figure > [role=img]")) {
      place.fourtupleFit?.(
        isOn ? SHEET_PX : place.clientWidth,
      );
    }
  }
  addEventListener("beforeprint", () => print(true));
  addEventListener("afterprint", () => print(false));

  // A box that scrolls can be reached by keyboard; one that does not needs no stop.
  const boxes = document.querySelectorAll(".scroll, .output, .output pre, .fourtuple-numbers");
  const reach = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth) {
        target.tabIndex = 0;
        target.setAttribute("role", "region");
        target.setAttribute("aria-label", "Scrolls sideways");
      } else if (target.getAttribute("role") === "region") {
        for (const name of ["tabindex", "role", "aria-label"]) target.removeAttribute(name);
      }
    }
  });
  for (const box of boxes) reach.observe(box);
})();
