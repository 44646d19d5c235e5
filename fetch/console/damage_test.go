package console

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

// What programs and people do to the characters of a text.
var damages = []struct {
	name string
	do   func(string) string
}{
	{"double quotes", quoteWith(`"`, `"`)},
	{"backticks", quoteWith("`", "`")},
	{"accents", quoteWith("´", "´")},
	{"apostrophes", quoteWith("'", "'")},
	{"typographic quotes", quoteWith("‘", "’")},
	{"German quotes", quoteWith("„", "“")},
	{"French quotes", quoteWith("«", "»")},
	{"HTML's number for a quote", quoteWith("&#39;", "&#39;")},
	{"HTML's name for a quote", quoteWith("&quot;", "&quot;")},
	{"escaped twice for HTML", quoteWith("&amp;#39;", "&amp;#39;")},
	{"JSON's number for a quote", quoteWith(`\u0027`, `\u0027`)},
	{"an escaped quote", quoteWith(`\"`, `\"`)},
	{"an escaped quote in a string in a string", quoteWith(`\\\"`, `\\\"`)},
	{"doubled blanks", func(s string) string { return strings.ReplaceAll(s, " ", "  ") }},
	{"tabs", func(s string) string { return strings.ReplaceAll(s, " ", "\t") }},
	{"hard blanks", func(s string) string { return strings.ReplaceAll(s, " ", "\u00a0") }},
	{"zero-width spaces", func(s string) string { return strings.ReplaceAll(s, " ", "\u200b ") }},
	{"no final full stop", func(s string) string { return fullStop.ReplaceAllString(s, "") }},
	{"bold", func(s string) string { return "**" + s + "**" }},
	{"a code span", func(s string) string { return "`" + s + "`" }},
	{"a paragraph of HTML", func(s string) string { return "<p>" + strings.ReplaceAll(s, "\n", "<br>") + "</p>" }},
	{"a log's string", func(s string) string {
		return `{"level":"error","msg":` + fmt.Sprintf("%q", s) + `,"n":1}`
	}},
}

var (
	anyQuote = regexp.MustCompile("['‘’\"“”`]")
	fullStop = regexp.MustCompile(`(?m)\.$`)
)

// quoteWith replaces quotation marks by others, in turn.
func quoteWith(opening, closing string) func(string) string {
	return func(s string) string {
		isOpen := false
		return anyQuote.ReplaceAllStringFunc(s, func(q string) string {
			isOpen = !isOpen
			if strings.HasSuffix(s, "doesn't") || isOpen {
				return opening
			}
			return closing
		})
	}
}

// A text is read in the same way whatever quotation marks, blanks and escapes it has.
func TestDamagedTextsAreReadAsWhole(t *testing.T) {
	failures := 0
	for i, text := range knownTexts(t) {
		if testing.Short() && i%20 != 0 || i%6 != 0 && os.Getenv("CONCORS_ALL_FOLDS") == "" {
			continue
		}
		want := told(Parse(text))
		for _, d := range damages {
			damaged := d.do(text)
			if got := told(Parse(damaged)); got != want {
				if failures++; failures < 6 {
					t.Errorf("%s:\n%s\n got %s\nwant %s", d.name, damaged, got, want)
				}
			}
		}
	}
	if failures > 0 {
		t.Errorf("%d were read otherwise", failures)
	}
}

// Every message of every language that is known is read, folded too.
func TestTranslatedMessagesAreRead(t *testing.T) {
	const u = "https://api.test/v1/items?q=1"
	language, begins := "", []string{}
	read, failures := 0, 0
	for line := range strings.Lines(translations) {
		name, text, found := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		switch {
		case name == "" || strings.HasPrefix(name, "#"):
		case !found:
			language, begins = name, nil
		case name == "begin":
			begins = append(begins, text)
		default:
			var why reason.Reason
			if err := why.UnmarshalText([]byte(name)); err != nil {
				t.Fatal(err)
			}
			text = strings.NewReplacer("{value}", "https://x.test", "{bad token}", "a b", "{lower header}", "x-one").Replace(text)
			for i, begin := range begins {
				if testing.Short() && (i+len(text))%8 != 0 {
					continue
				}
				message := strings.Replace(begin, "{wire}", u, 1) + " " + text + "). Status: 418."
				for _, folded := range []string{message, fold(message, 60, ""), prefix(fold(message, 72, ""), "> ")} {
					read++
					got := Parse(folded)
					if len(got) != 1 || got[0].Known.URL != u || got[0].Language == "" || got[0].Unsaid ||
						!slices.Contains(got[0].Reasons, why) || got[0].Known.Status != 418 {
						if failures++; failures < 12 {
							t.Errorf("%s, %s:\n%s\n%+v", language, name, folded, got)
						}
					}
				}
			}
		}
	}
	if failures > 0 {
		t.Errorf("%d of %d were read otherwise", failures, read)
	}
	if read < 2000 && !testing.Short() {
		t.Errorf("only %d messages were read", read)
	}
}

// A language that is not known is recognized, with its URL and status.
func TestMessagesInOtherLanguagesAreRecognized(t *testing.T) {
	for _, text := range []string{
		"Kryssopphavsforespørsel nektet: Retningslinjen om samme opphav nekter lesing av fjernressursen på https://api.test/x. (Grunn: CORS-forespørsel lyktes ikke). Statuskode: 502.",
		"ბლოკირებულია: წყარო https://api.test/x. (მიზეზი: CORS თავსართს აკლია ‘Access-Control-Allow-Origin’). სტატუსი: 502.",
		"Richiesta multiorigine bloccata: non è consentita la lettura della risorsa da https://api.test/x. Motivo: manca l’intestazione CORS “Access-Control-Allow-Origin”. Codice: 502.",
		"Yêu cầu bị chặn: không cho phép đọc tài nguyên tại https://api.test/x. (Lý do: thiếu tiêu đề CORS ‘Access-Control-Allow-Origin’). Mã: 502.",
		"Blokuota: politika neleidžia skaityti nuotolinio ištekliaus adresu\nhttps://api.test/x. (Priežastis: trūksta CORS antraštės ‘Access-Control-Allow-Origin’).\nBūsenos kodas: 502.",
	} {
		got := Parse(text)
		if len(got) != 1 || got[0].Known.URL != "https://api.test/x" || got[0].Known.Status != 502 || got[0].Language == "" ||
			!slices.Equal(got[0].Browsers, []string{fetch.Firefox.Name}) {
			t.Errorf("%s\n%d %q %+v", text, len(got), got[0].Browsers, got[0].Known)
		}
	}
	for _, text := range []string{
		"See https://api.test/x (the CORS guide) for the header that is missing.",
		"See https://api.test/x (read more: the CORS guide).",
		"I tried https://api.test/x and saw: CORS Access-Control-Allow-Origin is odd.",
		"Voir https://api.test/x pour en savoir plus sur CORS et les en-têtes : voilà.",
	} {
		if got := Parse(text); got != nil {
			t.Errorf("%s\n%+v", text, got)
		}
	}
}

// A message whose URL and reason are cut off is still one about CORS.
func TestCutMessageIsUnsaid(t *testing.T) {
	for _, end := range []string{"Response to preflight request doesn't pass access control check", "Response to preflight requ…", "Response to pre...", "Response"} {
		got := Parse("Access to fetch at 'https://b.example/x' from origin 'https://a.example' has been blocked by CORS policy: " + end)
		if len(got) != 1 || !got[0].Unsaid || got[0].Known.URL != "https://b.example/x" {
			t.Errorf("%s: %+v", end, got)
		}
	}
	got := Parse("Blocked by CORS policy: Response to preflight request doesn't pass access control check")
	if len(got) != 1 || !got[0].Unsaid {
		t.Errorf("%+v", got)
	}
	if got := Parse("I read that my page is blocked by CORS policy and do not know why."); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}
