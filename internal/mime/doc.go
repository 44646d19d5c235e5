// Package mime reads MIME types the way browsers do, and guesses them from bytes.
//
// Three standards meet here. MIME Sniffing says how a Content-Type value is parsed, which groups
// MIME types fall into and which byte patterns give an image, sound, film or font away. Fetch says
// which of several Content-Type values counts ([Extract]) and when a server has forbidden guessing
// ([Nosniff]). And opaque-response blocking, which is not written down as one standard yet, wants
// to know whether bytes are a document a page must not be handed as a script or an image
// ([SniffMarkup]).
//
// It is not Go's package mime: that one fails where a browser muddles through, and muddling through
// in exactly the same way is the point. "text/html;charset" is an error there and text/html here.
//
// Values are bytes, as in package field, and never assumed to be UTF-8. Parsing takes time linear
// in its input, whatever the input. Sniffing looks at no more than the first 1445 bytes, however
// many it is given. Everything is safe for concurrent use.
package mime
