// Package openapi reads from an OpenAPI document what a page needs to use the API:
// methods, request headers, content types, credentials, and the response headers
// that pages read. Each has its position in the file.
//
// Parts that are not needed (schemas, descriptions, extensions, callbacks, webhooks)
// are not read, so a mistake there does no harm. Fields that OpenAPI does not know
// are reported elsewhere. Versions 3.0, 3.1 and 3.2 are read, as YAML and JSON.
// References are followed within the document and to files below its folder; no
// other file and no site is ever opened.
//
// read.go finds the operations, fields.go reports unknown fields, refs.go follows
// references, files.go reads other files, and values.go makes up values for URLs.
package openapi
