// What the pages can do without: the "/" key, copying, and showing on a page's picture which note was gone to.
"use strict";

const question = document.getElementById("question");
const shortcuts = document.getElementById("shortcuts");

// One may turn the key off: speech input and slips of the hand trigger single keys.
shortcuts.closest("label").hidden = !question;
shortcuts.checked = localStorage.getItem("shortcuts") !== "off";
shortcuts.addEventListener("change", () => localStorage.setItem("shortcuts", shortcuts.checked ? "on" : "off"));

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, textarea");
  if (event.key === "/" && question && shortcuts.checked && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    question.focus();
    question.select();
  }
});

const said = document.getElementById("said");

for (const button of document.querySelectorAll("button.copy")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.closest("dt").nextElementSibling.textContent);
    said.textContent = said.dataset.copied;
    setTimeout(() => { said.textContent = ""; }, 4000);
  });
}

const followed = () => {
  for (const box of document.querySelectorAll(".boxes a")) {
    box.classList.toggle("gone-to", location.hash.length > 1 && box.getAttribute("href") === location.hash);
  }
};
window.addEventListener("hashchange", followed);
followed();

// A model takes its time: the briefs' own words stand there until its first sentence has come, verified.
const write = document.getElementById("write");

const piece = (html) => {
  const template = document.createElement("template");
  template.innerHTML = html;  // a piece of the page from its own template, escaped there as all of the page is
  return template.content;
};

if (write) {
  const section = write.closest(".answer");
  const [words, cited, tail] = [".said", ".cited", ".tail"].map((part) => section.querySelector(part));
  const told = write.nextElementSibling;
  const events = new EventSource(write.dataset.stream);
  const on = (name, act) => events.addEventListener(name, (event) => act(JSON.parse(event.data)));
  let begun = false;

  write.hidden = true;
  section.setAttribute("aria-busy", "true");
  told.textContent = told.dataset.busy;

  const ended = (how) => {
    events.close();
    section.removeAttribute("aria-busy");
    told.textContent = how;
  };

  on("sentence", ({ html, cited: items }) => {
    if (!begun) {
      words.replaceChildren();
      cited.replaceChildren();
      tail.querySelectorAll(":scope > p:not(:last-of-type)").forEach((hint) => hint.remove());
      begun = true;
    }
    words.append(piece(html), " ");
    items.forEach((item) => cited.append(piece(item)));
  });
  on("end", ({ html }) => {
    tail.prepend(piece(html));
    ended(told.dataset.done);
  });
  on("instead", ({ html }) => {
    ended("");
    section.replaceWith(piece(html));
  });
  events.addEventListener("error", () => {
    ended(told.dataset.failed);
    write.hidden = false;
  });
}
