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

// A model takes its time: the briefs' own words stand there until its answer has come.
const write = document.getElementById("write");

if (write) {
  const busy = write.nextElementSibling;
  write.hidden = true;
  busy.textContent = busy.dataset.busy;
  fetch(write.href)
    .then((response) => response.text())
    .then((html) => {
      const written = new DOMParser().parseFromString(html, "text/html").querySelector(".answer");
      if (!written) throw new Error("no answer");
      document.querySelector(".answer").replaceWith(written);
    })
    .catch(() => {
      write.hidden = false;
      busy.textContent = "";
    });
}
