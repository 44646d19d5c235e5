// Fetches the cases of a page of this extension, and runs them. The page's fragment is
// the number of the chunk and the recorder's address. An extension allows no script in
// the document itself.
"use strict";

const [CHUNK, BASE] = location.hash.slice(1).split(",", 2);
let CASES, TIMEOUT;

fetch(`${BASE}/_/cases/${CHUNK}`, { cache: "no-store", credentials: "omit" }).then(r => r.json()).then(page => {
  CASES = page.cases;
  TIMEOUT = page.timeout;
  const script = document.createElement("script");
  script.src = "page.js";
  document.body.append(script);
});
