package weburl_test

import (
	"errors"
	"fmt"

	"github.com/concors/concors/weburl"
)

func ExampleParse() {
	u, err := weburl.Parse(`https:\\EXAMPLE.com:443\a\..\b c`, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(u)

	link, err := weburl.Parse("../img?x#y", u)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(link)
	fmt.Println(link.StringWithoutFragment())
	// Output:
	// https://example.com/b%20c
	// https://example.com/img?x#y
	// https://example.com/img?x
}

func ExampleParse_failure() {
	_, err := weburl.Parse("http://192.168.0.1.5/", nil)
	fmt.Println(err)
	var parseError *weburl.Error
	if errors.As(err, &parseError) {
		fmt.Println(parseError.Reason == weburl.IPv4TooManyParts)
	}
	// Output:
	// parsing URL "http://192.168.0.1.5/": the host ends in a number, so it must be an IPv4 address, but it has more than four parts; write four, as in 127.0.0.1
	// true
}

func ExampleParseHost() {
	for _, s := range []string{"münchen.example", "0x7f.1", "[0::1]"} {
		host, err := weburl.ParseHost(s, false)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(host, host.IsIP(), host.Addr().IsLoopback())
	}
	// Output:
	// xn--mnchen-3ya.example false false
	// 127.0.0.1 true true
	// [::1] true true
}

func ExampleParseASCIIHost() {
	host, err := weburl.ParseASCIIHost("EXAMPLE.com")
	fmt.Println(host, err)
	_, err = weburl.ParseASCIIHost("münchen.example")
	fmt.Println(err)
	// Output:
	// example.com <nil>
	// parsing URL "münchen.example": the domain is not ASCII; write its xn-- form
}

func ExamplePercentDecode() {
	fmt.Println(weburl.PercentDecode("caf%C3%A9, 100%"))
	// Output: café, 100%
}

func ExampleDefaultPort() {
	fmt.Println(weburl.DefaultPort("https"), weburl.DefaultPort("file"))
	// Output: 443 0
}

func ExampleURL_HostPort() {
	u, err := weburl.Parse("https://Example.com:8443/path", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(u.HostPort(), u.Hostname(), u.EffectivePort())
	// Output: example.com:8443 example.com 8443
}
