package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/experiments"
	"github.com/concors/concors/cmd/concors/internal/lab"
	"github.com/concors/concors/cmd/concors/internal/report"
	"github.com/concors/concors/cmd/concors/internal/term"
)

const labHelp = `Opens the lab in the browser: a course in the same-origin policy and CORS whose
experiments run in that browser. Each shows what the browser did beside what
Concors predicted, why, and what would change it.

The lab listens on this computer only, and requests nothing from elsewhere. Its
servers are names below localhost, which browsers resolve themselves. It ends
with Ctrl-C. docs/lab.md describes its pages and its API.`

const labExamples = `  concors lab
  concors lab --port 9000 --no-open
  concors lab --listen 192.168.1.20     (also for a tablet in the same network)
  concors lab --listen 192.168.1.20 --class`

const labStatuses = `
Exit status:
  0  ended by Ctrl-C or a signal: the usual way
  2  invalid command line, or the port is taken; nothing was served
  3  it could not serve any more`

type labFlags struct {
	port                  int
	noOpen, class, asJSON bool
	listen                string
}

func labCommand() *cobra.Command {
	f := &labFlags{}
	c := &cobra.Command{
		Use:     "lab [FLAGS]",
		Short:   "Run the experiments of the course in your own browser",
		Long:    labHelp,
		Example: labExamples,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return cli.Usage("lab takes no argument: "+term.Quote(args[0]), "write concors lab, and choose the experiment in the browser")
			}
			return f.run(c)
		},
	}
	cli.Document(c, labStatuses)
	flags := c.Flags()
	flags.IntVar(&f.port, "port", 0, "serve the lab's pages on port `N` (default: 8700, or another one if that is taken)")
	flags.BoolVar(&f.noOpen, "no-open", false, "do not open the browser")
	flags.StringVar(&f.listen, "listen", "", "also listen on `ADDRESS`, for other devices in a network that you trust")
	flags.BoolVar(&f.class, "class", false, "collect what the browsers of a group do, for those who agree, and show it at /class")
	flags.BoolVar(&f.asJSON, "json", false, "write the lab's addresses as JSON at the start")
	return c
}

func (f *labFlags) run(c *cobra.Command) error {
	options := lab.Options{Port: f.port, Class: f.class, Version: report.ToolVersion()}
	if c.Flags().Changed("port") && (f.port < 1 || f.port > 65535) {
		return cli.Usage(fmt.Sprintf("--port %d: that is not a port", f.port), "write a port from 1 to 65535")
	}
	if c.Flags().Changed("listen") {
		var err error
		if options.Listen, err = deviceAddress(f.listen); err != nil {
			return err
		}
	}
	l, err := lab.Open(options)
	if err != nil {
		return f.portFault(err)
	}
	defer l.Close()
	ctx, stop := cli.UntilInterrupted(c.Context())
	defer stop()
	if err := f.announce(c.OutOrStdout(), l); err != nil {
		return err
	}
	served := make(chan error, 1)
	go func() { served <- l.Serve(ctx) }()
	if !f.noOpen {
		f.open(c.ErrOrStderr(), l)
	}
	if note := namesNote(ctx, l); note != "" {
		fmt.Fprintln(c.ErrOrStderr(), note)
	}
	err = <-served
	stop() // a second Ctrl-C ends the program at once
	if err != nil {
		fmt.Fprintln(c.ErrOrStderr(), "concors:", term.Printable(err.Error()))
		return cli.ExitUnknown
	}
	return nil
}

// deviceAddress reads the value of --listen.
func deviceAddress(text string) (netip.Addr, error) {
	const hint = "write an IPv4 address of this computer, such as --listen 192.168.1.20"
	a, err := netip.ParseAddr(text)
	_, portErr := netip.ParseAddrPort(text)
	invalid := func(problem, hint string) (netip.Addr, error) {
		return a, cli.Usage("--listen "+term.Quote(text)+": "+problem, hint)
	}
	switch {
	case err != nil && portErr == nil:
		host, port, _ := net.SplitHostPort(text)
		return invalid("the port is chosen with --port", "write --listen "+host+" --port "+port)
	case err != nil:
		return invalid("that is not an IP address", hint)
	case !a.Is4():
		return invalid("that is not an IPv4 address, and policies of browsers can name no other", hint)
	case a.IsLoopback():
		return invalid("other devices can't reach that address, and on this computer the lab needs no flag", "omit it, or write an address of this computer's network")
	}
	return a, nil
}

// portFault returns the error of lab.Open as that of a command line.
func (f *labFlags) portFault(err error) error {
	var port *lab.PortError
	if !errors.As(err, &port) {
		return err
	}
	switch flag := fmt.Sprintf("--port %d: ", f.port); {
	case port.Taken && f.port != 0:
		return cli.Usage(flag+"another program listens on "+port.Address, "write another port, or omit --port for a free one")
	case port.Denied && f.port != 0:
		return cli.Usage(flag+"this user may not listen on "+port.Address, "write a port above 1023")
	case f.listen != "":
		return cli.Usage("--listen "+term.Bounded(f.listen)+": "+port.Error(), "write an address of this computer, as its network settings show it")
	}
	return cli.Usage("the lab can't listen on this computer: "+port.Error(), "choose a port with --port")
}

// started is what --json writes at the start.
type started struct {
	URL        string            `json:"url"`
	PlainURL   string            `json:"plainUrl"`
	DeviceURLs []string          `json:"deviceUrls"`
	Ports      experiments.Ports `json:"ports"`
	Class      string            `json:"classUrl,omitempty"`
}

// announce says where the lab is.
func (f *labFlags) announce(w io.Writer, l *lab.Lab) error {
	s := started{l.URL(), l.PlainURL(), append([]string{}, l.DeviceURLs()...), l.Ports(), ""}
	if f.class {
		s.Class = l.URL() + "class"
	}
	if f.asJSON {
		return term.WriteJSON(w, s)
	}
	lines := []string{"Lab      " + s.URL}
	for _, u := range s.DeviceURLs {
		lines = append(lines, "Devices  "+u)
	}
	if f.class {
		lines = append(lines, "Class    "+s.Class)
	}
	if f.listen != "" {
		lines = append(lines, "Risk     Everyone who can reach "+f.listen+" can use this lab and see its pages. Its experiments run in",
			"         their own browsers, and nothing else of this computer is served. Use it in a network that you trust.")
	}
	if l.Note != "" {
		lines = append(lines, "Note     "+l.Note)
	}
	lines = append(lines, "Ctrl-C ends the lab.")
	_, err := fmt.Fprintln(w, strings.Join(lines, "\n"))
	return err
}

// open opens the browser, or says what to open.
func (f *labFlags) open(stderr io.Writer, l *lab.Lab) {
	switch err := lab.OpenBrowser(l.URL()); {
	case errors.Is(err, lab.ErrNoBrowser):
		fmt.Fprintf(stderr, "No browser was found. Open %s yourself.\n", l.URL())
	case err != nil:
		fmt.Fprintf(stderr, "The browser did not open (%s). Open %s yourself.\n", term.Printable(err.Error()), l.URL())
	}
}

// namesNote says what to do if the system does not resolve the lab's names, or is "". Most browsers resolve them
// themselves.
func namesNote(ctx context.Context, l *lab.Lab) string {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", "www.app.localhost")
	for _, a := range addresses {
		if !a.IsLoopback() {
			err = errors.New("it leads elsewhere")
		}
	}
	if err == nil || ctx.Err() != nil {
		return ""
	}
	return fmt.Sprintf("This computer does not resolve www.app.localhost. Chromium and Firefox do that themselves. In another browser open %s, which says what to do.", l.PlainURL())
}
