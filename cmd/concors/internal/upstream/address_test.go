package upstream

import (
	"net/netip"
	"testing"
)

func TestAddressesAreClassified(t *testing.T) {
	for text, want := range map[string]Class{
		"93.184.216.34": Public, "2606:2800:220:1::1": Public, "::ffff:93.184.216.34": Public, "64:ff9b::5db8:d822": Public, "172.32.0.1": Public,
		"127.0.0.1": Loopback, "127.255.255.254": Loopback, "::1": Loopback, "::ffff:127.0.0.1": Loopback,
		"10.0.0.1": Private, "172.16.0.1": Private, "172.31.255.255": Private, "192.168.1.1": Private, "100.64.0.1": Private,
		"169.254.1.1": Private, "fe80::1": Private, "fe80::1%eth0": Private, "fc00::1": Private, "fd12::1": Private, "fec0::1": Private,
		"::ffff:10.0.0.1": Private, "64:ff9b::a00:1": Private, "64:ff9b::7f00:1": Private, "2002:0a00:0001::1": Private, "2002:5db8:d822::1": Private,
		"2001::1": Private, "64:ff9b:1::1": Private, "198.18.0.1": Private, "192.0.2.1": Private, "2001:db8::1": Private,
		"::10.0.0.1": Private, "::ffff:0:10.0.0.1": Private, "::7f00:1": Private, "192.0.0.8": Private,
		"169.254.169.254": Never, "::ffff:169.254.169.254": Never, "64:ff9b::a9fe:a9fe": Never, "2002:a9fe:a9fe::": Never, "fd00:ec2::254": Never,
		"169.254.170.2": Never, "100.100.100.200": Never, "168.63.129.16": Never,
		"0.0.0.0": Never, "0.1.2.3": Never, "::": Never, "224.0.0.1": Never, "ff02::1": Never, "255.255.255.255": Never, "240.0.0.1": Never,
	} {
		if got, what := Classify(netip.MustParseAddr(text)); got != want || (what == "") != (want == Public) {
			t.Errorf("%s: %d %q, not %d", text, got, what, want)
		}
	}
	if got, _ := Classify(netip.Addr{}); got != Never {
		t.Errorf("no address: %d", got)
	}
}

func TestNamesOfThisMachine(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST": true, "localhost.": true, "a.localhost": true, "127.0.0.1": true, "127.9.9.9": true, "[::1]": true, "::1": true,
		"localhost.example.com": false, "notlocalhost": false, "0.0.0.0": false, "10.0.0.1": false, "": false,
	} {
		if got := IsLoopbackName(host); got != want {
			t.Errorf("%q: %v", host, got)
		}
	}
}
