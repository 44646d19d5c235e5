package field_test

import (
	"fmt"

	"github.com/concors/concors/internal/field"
)

// One invalid member invalidates the whole header.
func ExampleExtractTokens() {
	fmt.Println(field.ExtractTokens([]string{"X-One, ,", "x-two"}))
	fmt.Println(field.ExtractTokens([]string{"X-One, x two"}))
	fmt.Println(field.ExtractTokens(nil))
	// Output:
	// [X-One x-two] true true
	// [] true false
	// [] false true
}

func ExampleTokens() {
	for token, ok := range field.Tokens("GET, PUT, BAD:ONE, POST") {
		fmt.Println(token, ok)
	}
	// Output:
	// GET true
	// PUT true
	// BAD:ONE false
}

// Commas in quoted strings do not split, even if the string spans two lines.
func ExampleGetDecodeSplit() {
	values, _ := field.GetDecodeSplit([]string{`text/html;x="a`, `b", text/plain`})
	for _, v := range values {
		fmt.Println(v)
	}
	// Output:
	// text/html;x="a, b"
	// text/plain
}

func ExampleDeltaSeconds() {
	fmt.Println(field.DeltaSeconds([]string{"600"}))
	fmt.Println(field.DeltaSeconds([]string{"10 minutes"}))
	// Output:
	// 600 true true
	// 0 true false
}

func ExampleParseSingleRange() {
	r, ok := field.ParseSingleRange("bytes=500-", false)
	fmt.Println(r.Start, r.HasEnd, ok)
	_, ok = field.ParseSingleRange("bytes=5-1", false)
	fmt.Println(ok)
	// Output:
	// 500 false true
	// false
}

func ExampleIsForbiddenRequestHeader() {
	fmt.Println(field.IsForbiddenRequestHeader("Cookie", "a=1"))
	fmt.Println(field.IsForbiddenRequestHeader("Sec-Fetch-Site", "same-origin"))
	fmt.Println(field.IsForbiddenRequestHeader("X-HTTP-Method-Override", "PUT"))
	// Output:
	// true
	// true
	// false
}

func ExampleNormalizeMethod() {
	fmt.Println(field.NormalizeMethod("delete"), field.NormalizeMethod("patch"))
	// Output: DELETE patch
}

func ExampleSplit() {
	fmt.Printf("%q\n", field.Split(`a, "b,c",`))
	// Output: ["a" "\"b,c\"" ""]
}
