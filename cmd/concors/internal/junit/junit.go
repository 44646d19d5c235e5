// Package junit writes JUnit XML in the form that CI servers read.
package junit

import (
	"encoding/xml"
	"fmt"
	"io"
)

// A Suite is a test suite. Its counts are filled in by [Write].
type Suite struct {
	Name     string `xml:"name,attr"`
	Tests    int    `xml:"tests,attr"`
	Failures int    `xml:"failures,attr"`
	Errors   int    `xml:"errors,attr"`
	Skipped  int    `xml:"skipped,attr,omitempty"`
	Cases    []Case `xml:"testcase"`
}

// A Case is a test case. It passed if it has none of the messages.
type Case struct {
	Class    string    `xml:"classname,attr"`
	Name     string    `xml:"name,attr"`
	Failures []Message `xml:"failure"`
	Error    *Message  `xml:"error"`
	Skipped  *Message  `xml:"skipped"`
}

// A Message says why a case did not pass.
type Message struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// Unreachable returns the case of a server that did not respond.
func Unreachable(class, cause string) Case {
	return Case{Class: class, Name: "reachable", Error: &Message{Message: "no response", Type: "unreachable", Text: cause}}
}

// NotKnown returns the case of a server whose responses show nothing.
func NotKnown(class, cause string) Case {
	return Case{Class: class, Name: "reachable", Error: &Message{Message: "not known", Type: "not-known", Text: cause}}
}

// Write writes suites as an XML document.
func Write(w io.Writer, suites []Suite) error {
	for i := range suites {
		s := &suites[i]
		s.Tests, s.Failures, s.Errors, s.Skipped = len(s.Cases), 0, 0, 0
		for _, c := range s.Cases {
			switch {
			case len(c.Failures) > 0:
				s.Failures++
			case c.Error != nil:
				s.Errors++
			case c.Skipped != nil:
				s.Skipped++
			}
		}
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	document := struct {
		XMLName xml.Name `xml:"testsuites"`
		Suites  []Suite  `xml:"testsuite"`
	}{Suites: suites}
	if err := e.Encode(document); err != nil {
		return fmt.Errorf("writing JUnit XML: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}
