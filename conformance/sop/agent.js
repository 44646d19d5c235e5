// A document of another window or frame that runs code for the page. It is a classic script, so that
// it also runs with an opaque origin. "?child=URL" adds a frame, "?name=NAME" names it,
// and "?run=CODE" runs code of its own.
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
const query = new URLSearchParams(location.search);
if (query.has("child")) {
  const el = Object.assign(document.createElement("iframe"), { src: query.get("child"), name: query.get("name") ?? "" });
  document.body.append(el);
}
if (query.has("run")) Function(query.get("run"))();
for (const w of new Set([opener, top])) if (w && w !== self) w.postMessage({ ready: true }, "*");
