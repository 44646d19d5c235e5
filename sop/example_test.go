package sop_test

import (
	"fmt"

	"github.com/concors/concors/sop"
)

func Example() {
	p := &sop.Chromium
	top, _, _ := p.Load(sop.Navigation{URL: "https://app.example/"})
	frame, _, _ := p.Load(sop.Navigation{URL: "https://other.example/", Parent: top})
	for _, key := range []string{"document", "closed", "postMessage", "then"} {
		answer := p.Access(sop.Access{From: top, To: frame, Operation: sop.Get, Key: key})
		fmt.Println("frame."+key, answer.Verdict, answer.Completion)
	}
	// Output:
	// frame.document refused !SecurityError
	// frame.closed allowed false
	// frame.postMessage allowed function
	// frame.then allowed undefined
}

func ExampleProfile_Post() {
	p := &sop.Standard
	top, _, _ := p.Load(sop.Navigation{URL: "https://app.example/"})
	frame, _, _ := p.Load(sop.Navigation{URL: "https://other.example/", Parent: top})
	for _, target := range []string{"*", "https://other.example", "https://app.example", "other.example"} {
		answer := p.Post(sop.Post{From: top, To: frame, TargetOrigin: target})
		fmt.Printf("%s: delivered %t, threw %q, event.origin %q\n", target, answer.Delivered, answer.Exception, answer.EventOrigin)
	}
	// Output:
	// *: delivered true, threw "", event.origin "https://app.example"
	// https://other.example: delivered true, threw "", event.origin "https://app.example"
	// https://app.example: delivered false, threw "", event.origin ""
	// other.example: delivered false, threw "SyntaxError", event.origin ""
}

func ExampleProfile_SetDomain() {
	for _, p := range []sop.Profile{sop.Chromium, sop.Firefox} {
		doc, _, _ := p.Load(sop.Navigation{URL: "https://a.site.example/"})
		answer := p.SetDomain(sop.SetDomain{Document: doc, Value: "site.example"})
		fmt.Printf("%s: %q %s\n", p.Name, answer.Origin.Domain(), answer.Reason)
	}
	// Output:
	// Chromium: "" DomainOriginKeyed
	// Firefox: "site.example"
}
