// A document of another window or frame that runs code for the page. It is a classic script, so that
// it also runs with an opaque origin. "?child=URL" adds a frame.
"use strict";
onmessage = async e => {
  if (!e.data?.call) return;
  let outcome;
  try {
    outcome = await new (async () => {}).constructor("event", e.data.code)(e);
  } catch (error) {
    outcome = "!" + (error?.name ?? "Error");
  }
  e.source.postMessage({ reply: e.data.call, outcome }, "*");
};
const child = new URLSearchParams(location.search).get("child");
if (child) document.body.append(Object.assign(document.createElement("iframe"), { src: child }));
for (const w of new Set([opener, top])) if (w && w !== self) w.postMessage({ ready: true }, "*");
