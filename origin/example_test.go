package origin_test

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/concors/concors/origin"
	"github.com/concors/concors/weburl"
)

func ExampleParse() {
	for _, value := range []string{"https://example.com:8443", "null", "https://Example.com/"} {
		o, err := origin.Parse(value)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(o, o.Port(), o.IsOpaque())
	}
	// Output:
	// https://example.com:8443 8443 false
	// null 0 true
	// parsing origin "https://Example.com/": it has an upper-case letter; browsers send scheme and host in lower case; write https://example.com
}

func ExampleOf() {
	u, err := weburl.Parse("blob:https://EXAMPLE.com:443/6f2c", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(origin.Of(u))
	// Output: https://example.com
}

func ExampleFromURL() {
	o, err := origin.FromURL("http://0x7f.1:8080/login?x")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(o, o.PotentiallyTrustworthy())
	// Output: http://127.0.0.1:8080 true
}

func ExampleNew() {
	o, err := origin.New("https", "MÜNCHEN.example", 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(o)
	// Output: https://xn--mnchen-3ya.example
}

func ExampleSameOrigin() {
	a, b := origin.NewOpaque(), origin.NewOpaque()
	fmt.Println(a, b, origin.SameOrigin(a, a), origin.SameOrigin(a, b))
	// Output: null null true false
}

func ExamplePattern_Regexp() {
	p, err := origin.ParsePattern("https://*.example.com")
	if err != nil {
		panic(err)
	}
	re := regexp.MustCompile("^(?:" + p.Regexp() + ")$")
	fmt.Println(re.MatchString("https://app.example.com"), re.MatchString("https://app.example.com.evil.example"))
	// Output: true false
}

func ExampleTryParse() {
	o, ok := origin.TryParse("https://example.com")
	fmt.Println(o, ok)
	_, ok = origin.TryParse("https://example.com/")
	fmt.Println(ok)
	// Output:
	// https://example.com true
	// false
}

func ExampleNewOpaque() {
	o := origin.NewOpaque()
	fmt.Println(o, o.IsOpaque())
	// Output: null true
}

func ExampleOrigin_PotentiallyTrustworthy() {
	for _, s := range []string{"https://example.com", "http://example.com", "http://localhost:3000"} {
		o, err := origin.Parse(s)
		if err != nil {
			panic(err)
		}
		fmt.Println(o, o.PotentiallyTrustworthy())
	}
	// Output:
	// https://example.com true
	// http://example.com false
	// http://localhost:3000 true
}

func ExampleURLPotentiallyTrustworthy() {
	u, err := weburl.Parse("data:text/plain,hello", nil)
	if err != nil {
		panic(err)
	}
	fmt.Println(origin.URLPotentiallyTrustworthy(u), origin.Of(u).PotentiallyTrustworthy())
	// Output: true false
}

func ExampleParseError_Suggestion() {
	_, err := origin.Parse("https://Example.com/login")
	var invalid *origin.ParseError
	if errors.As(err, &invalid) {
		fmt.Println(invalid.Reason, invalid.Suggestion())
	}
	// Output: upper-case https://example.com
}

func ExamplePattern_Covers() {
	wide, _ := origin.ParsePattern("https://*.example.com")
	narrow, _ := origin.ParsePattern("https://pr-*.example.com")
	fmt.Println(wide.Covers(narrow), narrow.Covers(wide))
	// Output: true false
}

func ExamplePattern_Insecure() {
	for _, s := range []string{"http://*.example.com", "http://localhost:*", "https://example.com"} {
		p, _ := origin.ParsePattern(s)
		fmt.Println(p, p.Insecure())
	}
	// Output:
	// http://*.example.com true
	// http://localhost:* false
	// https://example.com false
}

func ExampleSet_Add() {
	var set origin.Set
	p, _ := origin.ParsePattern("https://app.example.com")
	fmt.Println(set.Add(p), set.Add(p), set.Len())
	fmt.Println(set.Remove(p), set.Len())
	// Output:
	// 0 0 1
	// true 0
}
