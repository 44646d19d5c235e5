package cli

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/concors/concors/cmd/concors/internal/term"
)

// noPager is the flag that [Paged] defines.
const noPager = "no-pager"

// Paged defines the flag --no-pager, for a command that writes its report with [Show].
func Paged(flags *pflag.FlagSet) {
	flags.Bool(noPager, false, "do not use a pager ($CONCORS_PAGER, $PAGER or less) for what does not fit the terminal")
}

// Show writes a command's report to standard output. On a terminal that it does not
// fit, it goes through a pager, which may be quit early. The error is that of write.
func Show(c *cobra.Command, write func(w io.Writer, s term.Screen) error) error {
	out := c.OutOrStdout()
	screen := term.ScreenOf(out)
	if off, _ := c.Flags().GetBool(noPager); off || !screen.Terminal || screen.Height == 0 || os.Getenv("TERM") == "dumb" {
		return write(out, screen)
	}
	var report bytes.Buffer
	err := write(&report, screen)
	if rows(report.String(), screen.Width) < screen.Height || !page(report.Bytes(), out, c.ErrOrStderr()) {
		if _, e := out.Write(report.Bytes()); err == nil {
			err = e
		}
	}
	return err
}

// rows returns how many rows of a terminal a text needs.
func rows(text string, width int) int {
	n := 0
	for line := range strings.Lines(text) {
		n += 1 + max(term.Columns(strings.TrimSuffix(line, "\n"))-1, 0)/width
	}
	return n
}

// pager returns the command line of the user's pager, or "" for none.
func pager() string {
	for _, name := range []string{"CONCORS_PAGER", "PAGER"} {
		if command, ok := os.LookupEnv(name); ok {
			if command = strings.TrimSpace(command); command == "cat" {
				return ""
			}
			return command
		}
	}
	if _, err := exec.LookPath("less"); err != nil {
		return ""
	}
	return "less"
}

// page shows a text in the pager. It returns false if there is no pager, or it does not
// start. A pager that ends early is not an error.
func page(text []byte, stdout, stderr io.Writer) bool {
	command := pager()
	if command == "" {
		return false
	}
	pager := exec.Command("sh", "-c", command) // as git does: it may have options
	if runtime.GOOS == "windows" {
		words := strings.Fields(command)
		pager = exec.Command(words[0], words[1:]...)
	}
	pager.Stdin, pager.Stdout, pager.Stderr = bytes.NewReader(text), stdout, stderr
	pager.Env = os.Environ()
	// Quit if it fits, keep colours, and leave the text on the screen.
	for name, options := range map[string]string{"LESS": "FRX", "LV": "-c"} {
		if _, ok := os.LookupEnv(name); !ok {
			pager.Env = append(pager.Env, name+"="+options)
		}
	}
	if err := pager.Start(); err != nil {
		return false
	}
	// Ctrl-C belongs to the pager, which stops a search then, and ends at q.
	signal.Ignore(os.Interrupt)
	err := pager.Wait()
	var exit *exec.ExitError
	const cannotRun, notFound = 126, 127 // of a shell
	// Whatever else is wrong, such as input that was not read to its end, it was shown.
	return !errors.As(err, &exit) || exit.ExitCode() != cannotRun && exit.ExitCode() != notFound
}
