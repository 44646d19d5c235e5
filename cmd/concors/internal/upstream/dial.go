package upstream

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

const (
	dialTimeout  = 10 * time.Second
	tlsTimeout   = 10 * time.Second
	maxAddresses = 8 // of one name that are tried
)

// An addressError says that a name has no address that may be dialled.
type addressError struct {
	host string
	addr netip.Addr
	what string
	loop bool
}

func (e *addressError) Error() string {
	if e.loop {
		return fmt.Sprintf("%s is this proxy itself", e.host)
	}
	return fmt.Sprintf("%s has the address %s, which is %s", e.host, e.addr, e.what)
}

// dial resolves a host once, and connects to one of its addresses that may be dialled.
func (f *Forwarder) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if f.config.ViaProxy && !f.hosts[address] {
		// The other proxy, which the user configured in the environment.
		return f.dialer.DialContext(ctx, network, address)
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	addrs, err := f.resolve(ctx, host)
	if err != nil {
		return nil, err
	}
	var allowed []netip.Addr
	var refused *addressError
	for _, a := range addrs {
		err := f.check(host, a, port)
		switch {
		case err == nil:
			allowed = append(allowed, a)
		case err.loop:
			return nil, err
		case refused == nil:
			refused = err
		}
	}
	if len(allowed) == 0 {
		return nil, refused
	}
	return f.dialFirst(ctx, network, allowed[:min(len(allowed), maxAddresses)], parsePort(port))
}

// dialFirst connects to the address that responds first. It begins with the first one, and with each
// other one when the one before has failed or has had 250 ms.
func (f *Forwarder) dialFirst(ctx context.Context, network string, addrs []netip.Addr, port uint16) (net.Conn, error) {
	type result struct {
		conn net.Conn
		err  error
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	results := make(chan result) // each is received, also after the first success
	var first error
	next := time.NewTimer(0)
	defer next.Stop()
	for started, failed := 0, 0; failed < len(addrs); {
		select {
		case <-next.C:
			if started == len(addrs) {
				continue
			}
			to := netip.AddrPortFrom(addrs[started], port).String()
			started++
			next.Reset(250 * time.Millisecond)
			go func() {
				conn, err := f.dialer.DialContext(ctx, network, to)
				results <- result{conn, err}
			}()
		case r := <-results:
			if r.err == nil {
				go func() { // those that are still under way
					for range started - failed - 1 {
						if late := <-results; late.err == nil {
							late.conn.Close()
						}
					}
				}()
				return r.conn, nil
			}
			failed++
			if first == nil {
				first = r.err
			}
			next.Reset(0)
		}
	}
	return nil, first
}

// resolve returns the addresses of a host. Names of loopback are not looked up: RFC 6761 says what
// they are, and a name server could say something else.
func (f *Forwarder) resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a.Unmap()}, nil
	}
	if IsLoopbackName(host) {
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}, nil
	}
	addrs, err := f.config.Resolve(ctx, host)
	if err != nil {
		return nil, err
	}
	if len(addrs) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	for i := range addrs {
		addrs[i] = addrs[i].Unmap()
	}
	return addrs, nil
}

// check returns an error if an address must not be dialled.
func (f *Forwarder) check(host string, a netip.Addr, port string) *addressError {
	class, what := Classify(a)
	switch {
	case class == Never,
		class == Private && !f.config.AllowPrivate,
		class == Loopback && !f.config.AllowPrivate && !IsLoopbackName(host):
		return &addressError{host: host, addr: a, what: what}
	case class == Loopback && f.config.Self.Port() != 0 && parsePort(port) == f.config.Self.Port() &&
		(f.config.Self.Addr() == a || f.config.Self.Addr().IsUnspecified()):
		return &addressError{host: net.JoinHostPort(host, port), addr: a, loop: true}
	}
	return nil
}

func parsePort(s string) uint16 {
	n, _ := strconv.ParseUint(s, 10, 16)
	return uint16(n)
}

// lookup is what Config.Resolve is by default.
func lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	// A dot at the end keeps the search list of this machine out of it, as in "api.example.com.corp.example".
	name := host
	if strings.Contains(host, ".") && !strings.HasSuffix(host, ".") {
		name += "."
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", name)
	var dns *net.DNSError
	if errors.As(err, &dns) {
		dns.Name = host
	}
	return addrs, err
}
