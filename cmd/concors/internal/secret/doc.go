// Package secret masks secrets in what is made to be shared: reports, files and
// commands. People paste them into issues and chats, so a secret is shown only to
// those who want to see it.
//
// A secret is found by where it is: in a header such as Authorization or Cookie, in a
// URL's user name and password, or in a parameter named token. It is also found by its
// shape: a JSON Web Token, or a key of a known service. What was found once is masked
// wherever it is repeated, such as in a header with which a server sends it back.
// What matters to CORS stays: names of headers and cookies, attributes, schemes,
// origins, hosts, and the values of CORS headers.
//
// Masking happens after all verdicts: no verdict depends on it. All functions take
// hostile text, never fail, and need a time that is linear in it.
package secret

// Mask stands for the first secret of a report. The next ones have a number: [Masker].
const Mask = "***"
