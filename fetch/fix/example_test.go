package fix_test

import (
	"fmt"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/fix"
	"github.com/concors/concors/fetch/reason"
)

func ExampleFor() {
	err := &fetch.NetworkError{
		Reason: reason.HeaderDisallowedByPreflightResponse, URL: "https://api.example/items", PageOrigin: "https://app.example",
		Header: "Authorization", Value: "*", Present: true, Credentials: fetch.CredentialsSameOrigin,
	}
	f := fix.For(err)
	fmt.Println("Fix by the", f.Party)
	fmt.Println(f.Sentence)
	for _, line := range f.ResponseLines() {
		fmt.Println(line)
	}
	fmt.Println(f.Caution)
	// Output:
	// Fix by the server
	// Add authorization to Access-Control-Allow-Headers in the preflight response. The wildcard * there does not include Authorization.
	// Access-Control-Allow-Headers: *, authorization
	// List only what this page needs: the pages of every allowed origin may then send it.
}

// A page that has no origin can be allowed, but it is better to give it one.
func ExampleFix_unwise() {
	f := fix.For(&fetch.NetworkError{
		Reason: reason.MissingAllowOriginHeader, URL: "https://api.example/items", Origin: "null", PageOrigin: "null",
		Credentials: fetch.CredentialsInclude, Status: 200,
	})
	fmt.Println(f.ResponseLines(), f.Unwise)
	fmt.Println(f.Caution)
	// Output:
	// [Access-Control-Allow-Origin: null Access-Control-Allow-Credentials: true] true
	// Not recommended: every sandboxed page of any site sends Origin: null, so allowing null allows all of them. Give the page an origin instead: serve it over https, and do not sandbox it, or add allow-same-origin.
}

func ExampleExpose() {
	sent := fetch.HeaderList{{Name: "X-Total", Value: "7"}, {Name: "Access-Control-Expose-Headers", Value: "X-Next"}}
	fmt.Println(fix.Expose("X-Total", sent, fetch.CredentialsOmit).ResponseLines())
	// Output:
	// [Access-Control-Expose-Headers: X-Next, X-Total]
}
