// Package mime parses MIME types as browsers do, and sniffs them from the bytes of a response.
//
// Three standards meet here. MIME Sniffing defines how a Content-Type value is parsed, the groups of
// MIME types, and the byte patterns of images, audio, video and fonts. Fetch defines which of several
// Content-Type values counts ([Extract]) and how a server forbids sniffing ([Nosniff]). Opaque-response
// blocking, which no single standard describes yet, needs to know whether a response is a document that
// must not be given to a page as a script or an image ([SniffMarkup]).
//
// Go's package mime is stricter. It returns an error for "text/html;charset", which is text/html to
// browsers and to this package.
//
// Values are bytes, as in package field, and are not assumed to be UTF-8. Parsing takes linear time.
// Sniffing looks at no more than the first 1445 bytes, except [CannotBeginScript], which may skip a
// comment of any length. All functions are safe for concurrent use.
package mime
