package har_test

import (
	"fmt"
	"os"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/har"
)

func ExampleRead() {
	report, err := har.Read(strings.NewReader(`{"log": {"creator": {"name": "Firefox", "version": "153"}, "entries": [{
		"request": {"method": "GET", "url": "https://api.example/items", "headers": [
			{"name": "Origin", "value": "https://app.example"}, {"name": "Sec-Fetch-Mode", "value": "cors"}]},
		"response": {"status": 200, "headers": [{"name": "Access-Control-Allow-Origin", "value": "https://example.com"}]}
	}]}}`), har.Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	for _, f := range report.Findings {
		fmt.Println("entry", f.Entry, f.URL, f.Verdict, f.Reason.Reason)
	}
	// Output:
	// entry 1 https://api.example/items blocked AllowOriginMismatch
}
