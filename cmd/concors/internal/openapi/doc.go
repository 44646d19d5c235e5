// Package openapi reads from an OpenAPI document what a page needs to use the API:
// methods, request headers, content types, credentials, and the response headers
// that pages read. Each has its position in the file.
//
// It does not validate documents. Parts that are not needed (schemas,
// descriptions, extensions, callbacks, webhooks) are not read, so a mistake there
// does no harm. Versions 3.0, 3.1 and 3.2 are read, as YAML and JSON. References
// within the document are followed; no other file or site is ever opened.
//
// read.go finds the operations, refs.go follows references, and values.go makes up
// values for URLs.
package openapi
