module github.com/concors/concors/conformance

go 1.26.0

require github.com/concors/concors v0.0.0

replace github.com/concors/concors => ../
