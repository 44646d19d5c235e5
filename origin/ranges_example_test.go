package origin_test

import (
	"fmt"

	"github.com/concors/concors/origin"
)

func ExampleParseRange() {
	for _, s := range []string{"moz-extension://*", "http://192.168.0.0/16:*", "https://*", "http://192.168.1.5/24", "http://8.8.0.0/16"} {
		if r, err := origin.ParseRange(s); err != nil {
			fmt.Println(err)
		} else {
			fmt.Println(r, r.AnyHost(), r.Network())
		}
	}
	// Output:
	// moz-extension://* true invalid Prefix
	// http://192.168.0.0/16:* false 192.168.0.0/16
	// origin range "https://*": every site on the web has this scheme; list the origins, or a private network such as http://192.168.0.0/16
	// origin range "http://192.168.1.5/24": the address has bits after its prefix; write http://192.168.1.0/24
	// origin range "http://8.8.0.0/16": it has public addresses, and anyone can have one; write a part of 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 169.254.0.0/16, 127.0.0.0/8, ::1/128 or fc00::/7
}

func ExampleRanges_Match() {
	lan, _ := origin.ParseRange("http://192.168.0.0/16:*")
	ranges := origin.Ranges{lan}
	for _, value := range []string{"http://192.168.1.1:8080", "http://192.168.1.1.evil.example", "http://192.168.1.01", "http://10.0.0.1"} {
		_, ok := ranges.Match(value)
		fmt.Println(value, ok)
	}
	// Output:
	// http://192.168.1.1:8080 true
	// http://192.168.1.1.evil.example false
	// http://192.168.1.01 false
	// http://10.0.0.1 false
}

func ExampleRange_Regexp() {
	lan, _ := origin.ParseRange("http://192.168.4.0/22:8080")
	fmt.Println(lan.Regexp())
	// Output:
	// http://192\.168\.[4-7]\.(?:[0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5]):8080 true
}
