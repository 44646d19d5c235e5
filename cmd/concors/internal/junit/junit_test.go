package junit_test

import (
	"strings"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/junit"
)

func TestWriteCountsCases(t *testing.T) {
	var b strings.Builder
	err := junit.Write(&b, []junit.Suite{{Name: "a & b", Cases: []junit.Case{
		{Class: "c", Name: "passes"},
		{Class: "c", Name: "fails", Failures: []junit.Message{{Message: "m", Type: "t", Text: "x < y"}}},
		{Class: "c", Name: "has an error", Error: &junit.Message{Message: "e"}},
		{Class: "c", Name: "is skipped", Skipped: &junit.Message{Message: "s"}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	const want = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="a &amp; b" tests="4" failures="1" errors="1" skipped="1">
    <testcase classname="c" name="passes"></testcase>
    <testcase classname="c" name="fails">
      <failure message="m" type="t">x &lt; y</failure>
    </testcase>
    <testcase classname="c" name="has an error">
      <error message="e"></error>
    </testcase>
    <testcase classname="c" name="is skipped">
      <skipped message="s"></skipped>
    </testcase>
  </testsuite>
</testsuites>
`
	if got := b.String(); got != want {
		t.Errorf("wrote\n%s\nwant\n%s", got, want)
	}
}
