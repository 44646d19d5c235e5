package lab

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// A PortError is the error of a port that can't be opened.
type PortError struct {
	Address string
	Taken   bool // another program listens there
	Denied  bool // this user may not listen there
	Err     error
}

func (e *PortError) Error() string {
	switch {
	case e.Taken:
		return e.Address + ": another program listens there"
	case e.Denied:
		return e.Address + ": this user may not listen there"
	}
	return fmt.Sprintf("%s: %v", e.Address, e.Err)
}

// Unwrap returns the error of the system.
func (e *PortError) Unwrap() error { return e.Err }

// listen opens all ports: that of the pages first.
func (l *Lab) listen() error {
	if err := l.findDevices(); err != nil {
		return err
	}
	var err error
	if l.ports.P1, err = l.open(l.options.Port, DefaultPort); err != nil {
		return err
	}
	if l.options.Port == 0 && l.ports.P1 != DefaultPort {
		l.Note = fmt.Sprintf("Port %d is taken, so the lab listens on %d. Choose one with --port.", DefaultPort, l.ports.P1)
	}
	for i, port := range []*int{&l.ports.P2, &l.ports.HTTPS, &l.ports.P3} {
		if *port, err = l.open(0, l.ports.P1+1+i); err != nil {
			return err
		}
	}
	return nil
}

// findDevices fills in the addresses for other devices.
func (l *Lab) findDevices() error {
	a := l.options.Listen
	switch {
	case !a.IsValid():
		return nil
	case !a.IsUnspecified():
		l.devices = []string{a.String()}
		return nil
	}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return fmt.Errorf("listing this computer's addresses: %w", err)
	}
	for _, a := range addresses {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil && !n.IP.IsLoopback() && !n.IP.IsLinkLocalUnicast() {
			l.devices = append(l.devices, n.IP.String())
		}
	}
	return nil
}

// open opens one port on all addresses. If port is 0, it is the preferred one, or any other if that is taken.
func (l *Lab) open(port, preferred int) (int, error) {
	if port != 0 {
		return l.openPort(port)
	}
	if preferred < 65536 {
		if opened, err := l.openPort(preferred); err == nil {
			return opened, nil
		}
	}
	var err error
	for range 20 {
		var opened int
		if opened, err = l.openPort(0); err == nil {
			return opened, nil
		}
	}
	return 0, err
}

// openPort opens a port on the addresses of this computer that browsers try for localhost, and on that for
// other devices. If one is taken, the port is.
func (l *Lab) openPort(port int) (opened int, err error) {
	hosts := []string{"127.0.0.1", "::1"}
	if a := l.options.Listen; a.IsUnspecified() {
		hosts[0] = a.String()
	} else if a.IsValid() {
		hosts = append(hosts, a.String())
	}
	var list []portListener
	defer func() {
		if err != nil {
			for _, listener := range list {
				listener.Close()
			}
		}
	}()
	for _, host := range hosts {
		address := net.JoinHostPort(host, strconv.Itoa(port))
		network := "tcp4"
		if host == "::1" {
			network = "tcp6"
		}
		listener, err := net.Listen(network, address)
		switch {
		case err == nil:
			port = listener.Addr().(*net.TCPAddr).Port
			list = append(list, portListener{listener, port})
		case errors.Is(err, syscall.EADDRINUSE):
			return 0, &PortError{Address: address, Taken: true, Err: err}
		case errors.Is(err, syscall.EACCES):
			return 0, &PortError{Address: address, Denied: true, Err: err}
		case host == "::1": // a computer without IPv6
		default:
			return 0, &PortError{Address: address, Err: cause(err)}
		}
	}
	l.listeners = append(l.listeners, list...)
	return port, nil
}

// cause returns an error of the network without the addresses in front of it.
func cause(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}
