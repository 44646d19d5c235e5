// Package openapi reads from an OpenAPI document what a browser has to be let do
// for a page to use the API: methods, request headers, content types,
// credentials, and the response headers that pages are told of. All of it has its
// place in the file.
//
// It is no validator. What it does not need (schemas, descriptions, extensions,
// callbacks, webhooks) it does not look at, so that a mistake there keeps nobody
// from an answer. Versions 3.0, 3.1 and 3.2 are read, as YAML and JSON, and
// references within the document are followed; nothing else is ever opened.
//
// read.go finds the operations, refs.go follows references, values.go makes up
// values for what a URL has to have.
package openapi
