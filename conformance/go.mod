module github.com/concors/concors/conformance

go 1.26.0

require github.com/concors/concors v0.0.0

require (
	golang.org/x/net v0.58.0 // indirect
	golang.org/x/text v0.41.0 // indirect
)
