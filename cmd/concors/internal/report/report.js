"use strict";
const said = document.querySelector("[role=status]");
for (const button of document.querySelectorAll("button.copy")) {
  const block = button.parentElement, code = block.querySelector("code");
  block.classList.add("copyable");
  button.hidden = false;
  button.addEventListener("click", async () => {
    let copied = true;
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch {
      // Without the clipboard, as on a page from plain http, the text is selected.
      getSelection().selectAllChildren(code);
      copied = document.execCommand("copy");
    }
    button.textContent = said.textContent = copied ? "Copied" : "Selected: press Ctrl+C";
    setTimeout(() => { button.textContent = "Copy"; said.textContent = ""; }, 2500);
  });
}
const closed = () => document.querySelectorAll("details:not([open])");
let opened = [];
addEventListener("beforeprint", () => { opened = [...closed()]; for (const d of opened) d.open = true; });
addEventListener("afterprint", () => { for (const d of opened) d.open = false; });
