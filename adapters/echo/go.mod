module github.com/concors/concors/adapters/echo

go 1.25.0

require (
	github.com/concors/concors v0.0.0
	github.com/labstack/echo/v5 v5.4.5
)

require (
	golang.org/x/net v0.58.0 // indirect
	golang.org/x/text v0.41.0 // indirect
	golang.org/x/time v0.15.0 // indirect
)
