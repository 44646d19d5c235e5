package origin_test

import (
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
	// parsing origin "https://Example.com/": it has an upper-case letter in it; browsers send scheme and host in lower case; write https://example.com
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
